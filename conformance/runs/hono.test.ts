import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { serve as serve110 } from 'hono-node-server-1.10'
import { twilioWebhook } from 'tollgate/hono'
import { signRequest } from 'tollgate/testing'
import { expect, test, vi } from 'vitest'
import { hono } from '../frameworks/hono.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'

captureWarnings()

for (const framework of hono) bindAdapter(framework)

test('the body of c.req.raw is verified, even if the application has replaced it', async () => {
  const authToken = '0123456789abcdef0123456789abcdef'
  const handler = vi.fn()
  const app = new Hono()
  app.use(async (c, next) => {
    const body = c.req.header('x-replace')
    if (body !== undefined) c.req.raw = new Request(c.req.raw.url, { method: 'POST', headers: c.req.raw.headers, body })
    await next()
  })
  app.post('/sms', twilioWebhook({ publicUrl: 'https://api.example.com', authToken }), async (c) => {
    handler(await c.req.text())
    return c.body(null, 204)
  })
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  try {
    await vi.waitFor(() => expect(server.address()).not.toBeNull())
    const post = async (headers: Record<string, string>, body: string): Promise<number> => {
      const { port } = Object(server.address())
      return (await fetch(`http://127.0.0.1:${port}/sms`, { method: 'POST', headers, body })).status
    }
    const signed = signRequest({ url: 'https://api.example.com/sms', params: { Body: 'hi' }, authToken })
    expect(await post(signed.headers, signed.body ?? '')).toBe(204)
    expect(await post({ ...signed.headers, 'x-replace': 'Body=bye' }, signed.body ?? '')).toBe(403)
    expect(await post({ ...signed.headers, 'x-replace': signed.body ?? '' }, 'Body=bye')).toBe(204)
    expect(handler.mock.calls).toEqual([[signed.body], [signed.body]])
  } finally {
    server.close()
  }
})

// Versions before 2 may not look for the bytes that the guard has read. Then a read answers 500,
// and if nothing reads, 1.8 to 1.10 throw when the connection closes, which ends the process.
test('with @hono/node-server 1.10, handlers can read the body, and the process goes on', async () => {
  const authToken = '0123456789abcdef0123456789abcdef'
  const app = new Hono()
  app.use(twilioWebhook({ publicUrl: 'https://api.example.com', authToken }))
  app.post('/read', async (c) => c.json(await c.req.parseBody()))
  app.post('/ignored', (c) => c.text('ignored'))
  const server = serve110({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  const uncaught = vi.fn()
  process.on('uncaughtException', uncaught)
  try {
    await vi.waitFor(() => expect(server.address()).not.toBeNull())
    const post = async (path: string, sent?: string): Promise<string> => {
      const url = `https://api.example.com${path}`
      const { headers, body = '' } = signRequest({ url, params: { Body: 'hi' }, authToken })
      const { port } = Object(server.address())
      const request = { method: 'POST', headers: { ...headers, connection: 'close' }, body: sent ?? body }
      return (await fetch(`http://127.0.0.1:${port}${path}`, request)).text()
    }
    expect(await post('/read')).toBe('{"Body":"hi"}')
    expect(await post('/ignored')).toBe('ignored')
    expect(await post('/read', 'Body=bye')).toBe('Twilio Request Validation Failed.')
  } finally {
    await new Promise((resolve) => server.close(resolve))
    process.off('uncaughtException', uncaught)
  }
  expect(uncaught).not.toHaveBeenCalled()
})

test('a function that returns the options is called once, with c.env', async () => {
  const authToken = '0123456789abcdef0123456789abcdef'
  const env = { TOKEN: authToken }
  const readOptions = vi.fn((given?: typeof env) => ({
    publicUrl: 'https://api.example.com',
    authToken: given?.TOKEN ?? 'another token',
  }))
  const app = new Hono()
  app.use(twilioWebhook(readOptions))
  app.post('/sms', (c) => c.body(null, 204))
  const post = async (): Promise<number> => {
    const { headers, body = null } = signRequest({
      url: 'https://api.example.com/sms',
      params: { Body: 'hi' },
      authToken,
    })
    return (await app.request('/sms', { method: 'POST', headers, body }, env)).status
  }
  expect([await post(), await post()]).toEqual([204, 204])
  expect(readOptions.mock.calls).toEqual([[env]])
})
