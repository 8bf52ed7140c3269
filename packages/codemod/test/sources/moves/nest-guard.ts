type Constructor = new (...args: never[]) => object
const Injectable = () => (target: Constructor): void => void target
const Inject = (name: unknown) => (_target: object, key: string): void => void [name, key]

import twilio, { type Twilio, validateRequest } from 'twilio'

@Injectable()
export class TwilioGuard {
  private readonly client: Twilio = twilio('AC00000000000000000000000000000000', 'token')

  @Inject(twilio.getExpectedBodyHash('{}'))
  canActivate(signature: string, url: string, params: Record<string, string>): boolean {
    if (!this.client) return false
    return validateRequest(process.env.TWILIO_AUTH_TOKEN ?? '', signature, url, params)
  }
}

const guard = new TwilioGuard()
export const check = guard.canActivate.bind(guard)
