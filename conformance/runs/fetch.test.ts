import { twilioWebhook } from 'tollgate/fetch'
import { signRequest } from 'tollgate/testing'
import { expect, test, vi } from 'vitest'
import { origin, sms, token } from '../kit/draft.ts'

const options = { publicUrl: origin, authToken: token }
const url = `${origin}/sms`
const request = (): Request => signRequest({ url, params: sms, authToken: token }).toRequest()
const ok = (): Response => new Response('ok')

// These cases need no socket: a platform calls the handler with a Request.

test.each([
  ['the request of Node.js', (headers: object) => ({ headers, rawHeaders: Object.entries(headers).flat() })],
  ['the context of Koa', (headers: object) => ({ headers, req: { headers }, res: {} })],
  ['the context of Hono', (_headers: object) => ({ req: { raw: request() } })],
  ['the event of Lambda', (headers: object) => ({ headers, requestContext: {}, rawPath: '/sms' })],
  ['nothing', () => undefined],
])('%s causes a 500, and the log says what to import', async (_, make) => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const handler = vi.fn(ok)
  const { headers } = signRequest({ url, params: sms, authToken: token })
  const given = make(headers)
  const other = given && { method: 'POST', url: '/sms', ...given }
  expect((await twilioWebhook(options, handler)(other as never)).status).toBe(500)
  expect(handler).not.toHaveBeenCalled()
  expect(String(log.mock.calls[0])).toMatch(/needs a web Request, .* such as "tollgate\/express"/)
  log.mockRestore()
})

test("the handler gets the platform's other arguments", async () => {
  const env = { TOKEN: token }
  const ctx = { waitUntil: () => undefined }
  const handler = vi.fn((_webhook: unknown, _request: Request, _env: typeof env, _ctx: typeof ctx) => ok())
  const guarded = twilioWebhook((given: typeof env) => ({ publicUrl: origin, authToken: given.TOKEN }), handler)
  expect((await guarded(request(), env, ctx)).status).toBe(200)
  expect(handler).toHaveBeenCalledWith(expect.objectContaining({ ok: true }), expect.any(Request), env, ctx)
})

test('wrong options throw at once', () => {
  expect(() => twilioWebhook({ ...options, authToken: '' }, ok)).toThrow(TypeError)
})

test('a stream over the limit is left unread', async () => {
  let pulled = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++
      controller.enqueue(new Uint8Array(1000))
    },
  })
  const { headers } = signRequest({ url, params: sms, authToken: token })
  const large = new Request(url, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
  expect((await twilioWebhook({ ...options, maxBodyBytes: 5000 }, ok)(large)).status).toBe(413)
  expect(pulled).toBeLessThan(20)
})
