import type { ExecutionContext } from '@nestjs/common'
import { afterEach, expect, test, vi } from 'vitest'
import { TwilioWebhook, TwilioWebhookGuard, type TwilioWebhookOptions } from '../src/adapters/nest.ts'
import { signRequest } from '../src/testing/index.ts'

const authToken = '0123456789abcdef0123456789abcdef'
const publicUrl = 'https://api.example.com'

class Plain {}
class Overriding {}
TwilioWebhook({ maxBodyBytes: 1000 })(Overriding)
const controllers = [
  ['no options of its own', Plain],
  ['options of its own', Overriding],
] as const

/** Returns a context of Nest for a signed request of Express, whose answer is kept. */
function createContext(controller: object): {
  readonly context: ExecutionContext
  readonly res: { statusCode: number }
} {
  const { headers, body } = signRequest({ url: `${publicUrl}/sms`, params: { Body: 'hi' }, authToken })
  const req = { method: 'POST', originalUrl: '/sms', headers, rawBody: body, socket: {}, complete: true }
  const res = { statusCode: 0, setHeader() {}, end() {}, once() {} }
  const http = { getRequest: () => req, getResponse: () => res }
  const context = {
    getType: () => 'http',
    getClass: () => controller,
    getHandler: () => createContext,
    switchToHttp: () => http,
  }
  return { context: context as unknown as ExecutionContext, res }
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test.each(controllers)('a function returns the options of a controller with %s', async (_what, controller) => {
  const guard = new TwilioWebhookGuard(() => ({ publicUrl, authToken }))
  expect(await guard.canActivate(createContext(controller).context)).toBe(true)
})

test.each(controllers)('an asynchronous function is refused for a controller with %s', async (_what, controller) => {
  // These must not be used in place of the options.
  vi.stubEnv('TOLLGATE_PUBLIC_URL', publicUrl)
  vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const guard = new TwilioWebhookGuard((async () => ({})) as unknown as () => TwilioWebhookOptions)
  const { context, res } = createContext(controller)
  void guard.canActivate(context)
  await vi.waitFor(() => expect(res.statusCode).toBe(500))
  expect(log).toHaveBeenCalledWith(expect.stringContaining('must not be asynchronous'))
})
