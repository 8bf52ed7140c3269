import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import twilio, { type Twilio, validateRequest } from 'twilio'

@Injectable()
export class TwilioGuard implements CanActivate {
  private readonly client: Twilio = twilio()

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest()
    const url = `${process.env.PUBLIC_URL}${request.originalUrl}`
    return validateRequest(
      process.env.TWILIO_AUTH_TOKEN ?? '',
      request.headers['x-twilio-signature'],
      url,
      request.body,
    )
  }
}
