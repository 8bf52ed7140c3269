import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { twilioWebhook as onFetch } from '../src/adapters/fetch.ts'
import { twilioWebhook as onNode } from '../src/adapters/node.ts'
import { kinds } from '../src/schemes/twilio/webhooks/index.ts'
import {
  sampleWebhook,
  type TestServer,
  type TestSetting,
  testServer,
  type WebhookKind,
  webhookKinds,
} from '../src/testing/index.ts'
import { type NodeApplication, testServer as nodeTestServer } from '../src/testing/node.ts'
import { signTestRequest } from '../src/testing/test-server.ts'

// The sample of a bundle has the bodySHA256 of an unknown body, so it is refused.
const sendable = webhookKinds.filter((kind) => kinds[kind].body !== 'handshake' && kind !== 'regulatory.bundle')
const options = ({ url, authToken }: TestSetting) => ({ publicUrl: url, authToken })

type Make = (setting: TestSetting) => NodeApplication | Promise<NodeApplication>

const listeners: Record<string, Make> = {
  'node:http': (setting) =>
    onNode(options(setting), (webhook, _req, res) => void res.end(webhook.params.get('Body') ?? webhook.covers)),
  'a server of node:http': (setting) =>
    createServer(
      onNode(options(setting), (webhook, _req, res) => void res.end(webhook.params.get('Body') ?? webhook.covers)),
    ),
}

const applications: [name: string, open: (publicUrl?: string) => Promise<TestServer>][] = [
  [
    'a fetch handler',
    (publicUrl) =>
      testServer(
        (setting) => onFetch(options(setting), (webhook) => new Response(webhook.params.get('Body') ?? 'body')),
        { publicUrl },
      ),
  ],
  ...Object.entries(listeners).map(([name, make]): [string, (publicUrl?: string) => Promise<TestServer>] => [
    name,
    (publicUrl) => nodeTestServer(make, { publicUrl }),
  ]),
]

describe.each(applications)('testServer for %s', (_name, open) => {
  test('a kind is another delivery each time, and a sample the same', async () => {
    const sids = new Set<string>()
    const server = await open()
    const sample = sampleWebhook('message.inbound', { Body: 'Hi' })
    for (const kind of ['message.inbound', 'events.batch'] as const) {
      for (const signed of [1, 2].map(() => signTestRequest(server, '/sms', kind, undefined)))
        sids.add(signed.body ?? '')
    }
    expect(sids.size).toBe(4)
    const set = { MessageSid: `SM${'1'.repeat(32)}` }
    expect(signTestRequest(server, '/sms', 'message.inbound', set).body).toContain(set.MessageSid)
    const [first, second] = [1, 2].map(() => signTestRequest(server, '/sms', sample, undefined).body)
    expect(second).toBe(first)
    await server.close()
  })

  test('accepts a sample, and refuses a forged request', async () => {
    const server = await open()
    const answer = await server.send('/sms?tenant=7', 'message.inbound', { Body: 'Grüße ☕' })
    expect([answer.status, await answer.text()]).toEqual([200, 'Grüße ☕'])
    const forged = await server.send('/sms', { params: { Body: 'hi' }, authToken: 'f'.repeat(32) })
    expect([forged.status, await forged.text()]).toEqual([403, 'Twilio Request Validation Failed.'])
    const own = await server.send('/sms', { params: { Body: 'mine' }, method: 'GET' })
    expect([own.status, await own.text()]).toEqual([200, 'mine'])
    expect((await server.send('/events', { json: { a: 1 } })).status).toBe(200)
    await server.close()
  })

  test('accepts every kind but handshakes', async () => {
    const server = await open()
    const refused: WebhookKind[] = []
    for (const kind of sendable) if (!(await server.send('/hook', kind)).ok) refused.push(kind)
    expect(refused).toEqual([])
    await server.close()
  })

  test('works behind a proxy that strips a prefix', async () => {
    const server = await open('https://api.example.com/prefix/')
    expect(server.url).toBe('https://api.example.com/prefix')
    for (const path of ['/', '/sms', "/sms?a=O'h+b&c=%C3%A9"])
      expect((await server.send(path, 'message.inbound')).status).toBe(200)
    expect((await server.send('/events', 'events.batch')).status).toBe(200)
    await server.close()
  })
})

describe.each([
  ['tollgate/testing', testServer],
  ['tollgate/testing/node', nodeTestServer],
])('testServer of %s', (_name, start) => {
  const open = start as (make: unknown, options?: unknown) => Promise<TestServer>
  const answer = () => new Response('ok')

  test('each server has its own token', async () => {
    const seen: TestSetting[] = []
    const make = (setting: TestSetting) => {
      seen.push(setting)
      return answer
    }
    const servers = [await open(make), await open(make)]
    expect(seen.map(({ url, authToken }) => [url, authToken])).toEqual(servers.map((one) => [one.url, one.authToken]))
    expect(new Set(seen.map(({ authToken }) => authToken)).size).toBe(2)
    for (const { authToken } of seen) expect(authToken).toMatch(/^[0-9a-f]{32}$/)
    for (const server of servers) await server.close()
  })

  test('a wrong call is a TypeError that names the mistake', async () => {
    await expect(open(undefined)).rejects.toThrow(/testServer needs a function/)
    await expect(open(() => undefined)).rejects.toThrow(/testServer needs a function that returns/)
    await expect(open(() => answer, { publicURL: 'x' })).rejects.toThrow(/Did you mean "publicUrl"/)
    for (const publicUrl of [
      '',
      'example.com',
      'ftp://example.com',
      'https://u:p@example.com',
      'https://example.com?a',
      1,
    ])
      await expect(open(() => answer, { publicUrl })).rejects.toThrow(/"publicUrl" must be/)
    await expect(open(() => Promise.reject(new Error('no database')))).rejects.toThrow('no database')
    const server = await open(() => answer)
    const send = server.send as (...given: unknown[]) => Promise<Response>
    await expect(send('sms', 'message.inbound')).rejects.toThrow(/"path" must begin with a slash/)
    await expect(send('/sms', 'mesage.inbound')).rejects.toThrow(/Did you mean "message.inbound"/)
    await expect(send('/sms', undefined)).rejects.toThrow(/takes a path/)
    await expect(send('/sms', { url: 'https://example.com' })).rejects.toThrow(/without its "url"/)
    await expect(send('/sms', 'media-stream.handshake')).rejects.toThrow(/WebSocket client/)
    await expect(send('/sms', { parms: {} })).rejects.toThrow(/Did you mean "params"/)
    await server.close()
    await server.close()
  })
})

describe('over a socket', () => {
  test('resolves with the response of the listener', async () => {
    const server = await nodeTestServer(() => (req, res) => {
      if (req.url === '/broken') return void res.destroy()
      res.writeHead(req.url === '/empty' ? 204 : 418, { 'set-cookie': ['a=1', 'b=2'], 'x-host': req.headers.host })
      res.end(req.url === '/empty' ? undefined : Buffer.from([0, 255]))
    })
    const answer = await server.send('/', 'message.inbound')
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([418, ['a=1', 'b=2']])
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array([0, 255]))
    expect(answer.headers.get('x-host')).toBe(new URL(server.url).host)
    expect((await server.send('/empty', 'message.inbound')).status).toBe(204)
    await expect(server.send('/broken', 'message.inbound')).rejects.toThrow()
    await server.close()
    await expect(server.send('/', 'message.inbound')).rejects.toThrow()
  })

  test.each<[string, NodeApplication]>([
    ['closes the connection', (_req, res) => void res.writeHead(413, { connection: 'close' }).end('too large')],
    ['destroys it', (req, res) => void res.writeHead(413).end('too large', () => req.socket.destroy())],
    ['reads no further', (_req, res) => void res.writeHead(413).end('too large')],
  ])('an answer before the end of a large body is an answer, if the application %s', async (_how, application) => {
    const errors: unknown[] = []
    const note = (error: unknown) => void errors.push(error)
    process.on('uncaughtExceptionMonitor', note)
    const twilio = await nodeTestServer(() => application)
    try {
      const answer = await twilio.send('/sms', { params: { Body: 'x'.repeat(20_000_000) } })
      expect([answer.status, await answer.text()]).toEqual([413, 'too large'])
    } finally {
      await twilio.close()
      await new Promise((resolve) => setTimeout(resolve, 100))
      process.off('uncaughtExceptionMonitor', note)
    }
    expect(errors).toEqual([])
  })

  test('close ends upgraded connections, and a server without a listener gets no upgrades', async () => {
    const listening = createServer((_req, res) => void res.end('plain'))
    listening.on('upgrade', (_req, socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\nhello'))
    const deaf = createServer((_req, res) => void res.end('plain'))
    for (const [application, answer] of [
      [listening, /hello$/],
      [deaf, /plain$/],
    ] as const) {
      const server = await nodeTestServer(() => application)
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      let text = ''
      const answered = new Promise<void>((resolve) => {
        socket.on('data', (chunk) => {
          text += chunk
          if (answer.test(text.trim())) resolve()
        })
      })
      await answered
      const closed = once(
        socket.on('error', () => undefined),
        'close',
      )
      await server.close()
      await closed
    }
  })

  test('closes the server if the application cannot be made', async () => {
    let url = ''
    const make = (setting: TestSetting): NodeApplication => {
      url = setting.url
      throw new Error('no database')
    }
    await expect(nodeTestServer(make)).rejects.toThrow('no database')
    await expect(fetch(url)).rejects.toThrow()
  })
})

test('an exception of a fetch handler reaches the test', async () => {
  const server = await testServer(() => () => Promise.reject(new Error('a bug')))
  await expect(server.send('/sms', 'message.inbound')).rejects.toThrow('a bug')
})
