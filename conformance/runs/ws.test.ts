import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { Accepted, Observed, VerifierOptions } from 'tollgate'
import { testServer } from 'tollgate/testing/node'
import { createVerifyClient, twilioUpgrade } from 'tollgate/ws'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Running } from '../adapter/framework.ts'
import type { AdapterOptions } from '../adapter/scenario.ts'
import { waitUntil } from '../adapter/server.ts'
import { type Answer, openConnection, toRaw, writeRequest } from '../adapter/socket.ts'
import { serve } from '../frameworks/listen.ts'
import { startExample, streamSecret } from '../frameworks/start-example.ts'
import { expectTickets } from '../frameworks/ticketed-streams.ts'
import { type HandshakeServer, handshakeServers, routingServers } from '../frameworks/ws.ts'
import { reportDescribed } from '../kit/bind-framework.ts'
import {
  type Draft,
  host,
  makeHandshake,
  origin,
  otherToken,
  type Signed,
  sharedKey,
  token,
  withHeaders,
} from '../kit/draft.ts'
import { joinParams } from '../kit/sign.ts'

const uncaught = vi.fn()
process.on('unhandledRejection', uncaught).on('uncaughtException', uncaught)
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
  expect(uncaught).not.toHaveBeenCalled()
})

const plain: VerifierOptions = { publicUrl: origin, authToken: token }
const keys = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' }

interface TestServer {
  readonly port: number
  /** The webhooks of the connections that were opened. */
  readonly opened: readonly (Accepted | Observed)[]
}

async function start(
  server: HandshakeServer,
  options: VerifierOptions | (() => VerifierOptions) = plain,
): Promise<TestServer> {
  const opened: (Accepted | Observed)[] = []
  const running = await server.start(options, (webhook) => opened.push(webhook))
  onTestFinished(() => running.close())
  return { port: running.port, opened }
}

/** Returns the bytes of a handshake, as a client of WebSockets sends it. */
const writeHandshake = (signed: Signed): Buffer =>
  writeRequest(toRaw({ ...signed, headers: { ...keys, ...signed.headers } }))

/** Returns the answer to a handshake. Its status is 101 if it was accepted. */
async function shakeHands({ port }: TestServer, signed: Signed | Promise<Signed>): Promise<Answer> {
  const connection = openConnection(port)
  connection.write(writeHandshake(await signed))
  try {
    return await connection.read()
  } finally {
    connection.socket.destroy()
  }
}

const media = (draft: Draft = {}): Promise<Signed> => makeHandshake('/media', draft)
const wss = (tail: string): string => `wss://${host}${tail}`
const query = [
  ['b', '1 2'],
  ['a', '2'],
] as const

describe.each(handshakeServers.map((server) => [server.name, server] as const))('%s', (name, server) => {
  reportDescribed(`ws: ${name}`)
  test.each([
    ['signed for the URL', '/media', wss('/media')],
    ['signed with a slash at the end', '/media', wss('/media/')],
    ['signed without it', '/media/', wss('/media')],
    ['with the default port', '/media', wss(':443/media')],
    ['with a query in the URL', '/relay?b=1+2&a=2', wss('/relay?b=1+2&a=2')],
    ['with a query as parameters', '/relay?b=1+2&a=2', wss('/relay') + joinParams(query)],
    ['with a query as parameters, and a slash', '/relay?b=1+2&a=2', wss('/relay/') + joinParams(query)],
  ])('genuine: %s', async (_title, path, signed) => {
    const running = await start(server)
    expect(await shakeHands(running, makeHandshake(path, { signed }))).toMatchObject({ status: 101 })
    await waitUntil(() => running.opened.length === 1, 'the connection')
    expect(running.opened[0]).toMatchObject({ ok: true, covers: 'url' })
    expect([...(running.opened[0]?.params ?? [])]).toEqual(path.includes('?') ? query : [])
  })

  test.each<[string, () => Promise<Signed>]>([
    ['another token', () => media({ token: otherToken })],
    ['signed as https', () => media({ signed: `${origin}/media` })],
    ['signed as ws', () => media({ signed: `ws://${host}/media` })],
    ['signed for another path', () => media({ signed: wss('/other') })],
    ['signed for another query', () => makeHandshake('/media?a=1', { signed: wss('/media?a=2') })],
    ['no signature', async () => withHeaders(await media(), { 'x-twilio-signature': undefined })],
    ['a malformed signature', () => media({ headers: { 'x-twilio-signature': 'x' } })],
    ['another Host', () => media({ signed: 'wss://evil.example/media', headers: { host: 'evil.example' } })],
  ])('refused: %s', async (_title, signed) => {
    const running = await start(server)
    const { status, headers, body } = await shakeHands(running, signed())
    expect([status, headers['content-type']]).toEqual([403, 'text/plain; charset=utf-8'])
    if (server.isOurs) expect([body, headers.connection]).toEqual(['Twilio Request Validation Failed.', 'close'])
    expect(running.opened).toEqual([])
  })

  // At the same time, because some servers never answer these, which takes the patience of a test.
  test.concurrent.each<[string, Draft]>([
    ['a POST', { method: 'POST', params: [], contentType: null, signed: `${origin}/media` }],
    ['a POST signed as wss', { method: 'POST', params: [], contentType: null, signed: wss('/media') }],
    ['a PUT', { method: 'PUT', signed: wss('/media') }],
    ['an upgrade to something else', { headers: { upgrade: 'h2c' }, signed: `${origin}/media` }],
    ['an upgrade to something else signed as wss', { headers: { upgrade: 'h2c' } }],
    ['two upgrades', { headers: { upgrade: 'websocket, h2c' }, signed: `${origin}/media` }],
  ])('genuine, but not a handshake: %s', async (_title, draft) => {
    const running = await start(server)
    const answer = await shakeHands(running, media(draft)).catch(() => ({ status: 0 }))
    expect([0, 400, 403, 404, 405, 426]).toContain(answer.status)
    expect(running.opened).toEqual([])
  })

  test('the server survives garbage', async () => {
    const running = await start(server)
    const start100 = 'GET /media HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
    for (const bytes of ['GARBAGE\r\n\r\n', `${start100}\r\n\0\0\0`, `${start100}X-Twilio-Signature: \r\n\r\n`]) {
      const connection = openConnection(running.port)
      connection.write(bytes)
      const answer = await connection.read().catch(() => undefined)
      expect(answer?.status ?? 400).toBeGreaterThanOrEqual(400)
      connection.socket.destroy()
    }
    for (const target of ['/\\', '/%', '//', '*', 'http://[', `/${'a'.repeat(9000)}`]) {
      const answer = await shakeHands(running, { ...(await media()), url: target }).catch(() => ({ status: 400 }))
      expect(answer.status).toBeGreaterThanOrEqual(400)
    }
    expect((await shakeHands(running, media())).status).toBe(101)
  })

  test('options by a function; wrong options cause a 500', async () => {
    expect((await shakeHands(await start(server, () => plain), media())).status).toBe(101)
    const wrong = await start(server, () => ({ ...plain, publicUrl: 'nonsense' }))
    expect((await shakeHands(wrong, media())).status).toBe(500)
    expect(wrong.opened).toEqual([])
  })

  test('observe opens a rejected handshake, and marks it', async () => {
    const running = await start(server, { ...plain, mode: 'observe' })
    expect((await shakeHands(running, media({ token: otherToken }))).status).toBe(101)
    await waitUntil(() => running.opened.length === 1, 'the connection')
    expect(running.opened[0]).toMatchObject({ ok: false, code: 'signature_mismatch' })
  })

  test('onRejected gives another answer', async () => {
    const onRejected: NonNullable<VerifierOptions['onRejected']> = ({ code }) => ({
      status: 418,
      headers: { 'x-code': code, 'content-type': 'text/tea' },
      body: 'teapot',
    })
    const running = await start(server, { ...plain, onRejected })
    const { status, headers, body } = await shakeHands(running, media({ token: otherToken }))
    expect([status, headers['x-code']]).toEqual([418, 'signature_mismatch'])
    if (server.isOurs) expect(body).toBe('teapot')
    expect(headers['content-type']).toMatch(/^text\/tea/)
  })

  test('a look-up that fails is 503', async () => {
    const running = await start(server, { ...plain, authToken: () => Promise.reject(new Error('down')) })
    expect((await shakeHands(running, media())).status).toBe(503)
    expect(running.opened).toEqual([])
  })

  test('a hundred at once', async () => {
    const running = await start(server)
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const forged = index % 4 === 0
        const path = `/media?n=${index}`
        return (await shakeHands(running, makeHandshake(path, forged ? { token: otherToken } : {}))).status
      }),
    )
    expect(statuses).toEqual(Array.from({ length: 100 }, (_, index) => (index % 4 === 0 ? 403 : 101)))
    await waitUntil(() => running.opened.length === 75, 'the connections')
    const seen = running.opened.map(({ params }) => Number(params.get('n'))).sort((a, b) => a - b)
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index).filter((index) => index % 4 !== 0))
  })

  test.each(['FIN', 'RST'] as const)('a client that leaves (%s) while a look-up is pending', async (how) => {
    let asked = 0
    let found: (secret: string) => void = () => undefined
    const running = await start(server, {
      ...plain,
      authToken: () => {
        asked++
        return new Promise((resolve) => {
          found = resolve
        })
      },
    })
    for (const secret of [token, otherToken]) {
      asked = 0
      const connection = openConnection(running.port)
      connection.write(writeHandshake(await media()))
      await waitUntil(() => asked === 1, 'the look-up')
      if (how === 'RST') connection.socket.resetAndDestroy()
      else connection.socket.destroy()
      await connection.closed
      await new Promise((resolve) => setTimeout(resolve, 30))
      found(secret)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    if (server.isOurs) expect(running.opened).toEqual([])
    const last = shakeHands(running, media())
    asked = 0
    await waitUntil(() => asked === 1, 'the look-up')
    found(token)
    expect((await last).status).toBe(101)
  })

  test('a refused connection is closed, even if the client keeps its half open', async () => {
    const running = await start(server)
    const connection = openConnection(running.port)
    connection.socket.allowHalfOpen = true
    connection.write(writeHandshake(await media({ token: otherToken })))
    expect((await connection.read()).status).toBe(403)
    await once(connection.socket, 'end')
    connection.socket.destroy()
  })
})

describe.each(handshakeServers.slice(1).map((server) => [server.name, server] as const))('%s', (_name, server) => {
  const connect = async (port: number, draft: Draft = {}): Promise<WebSocket> =>
    new WebSocket(`ws://127.0.0.1:${port}/media`, { headers: { ...(await media(draft)).headers } })

  test('the client of ws sends and receives messages', async () => {
    const { port } = await start(server)
    const client = await connect(port)
    await once(client, 'open')
    client.send('hello')
    expect(String((await once(client, 'message'))[0])).toBe('hello')
    client.close()
    await once(client, 'close')
  })

  test('the client of ws gets an answer to a refused handshake, and no connection', async () => {
    const running = await start(server)
    const client = await connect(running.port, { token: otherToken })
    const [, response] = await once(client, 'unexpected-response')
    expect(response.statusCode).toBe(403)
    expect(running.opened).toEqual([])
    client.on('error', () => undefined).terminate()
  })
})

describe.each(routingServers.map((server) => [server.name, server] as const))('routes of %s', (_name, server) => {
  const shared = { ...plain, sharedKeys: { [sharedKey.id]: sharedKey.secret }, sharedKeysOnly: true }

  async function run(options: AdapterOptions): Promise<TestServer & { readonly runs: readonly string[] }> {
    const runs: string[] = []
    const running = await server.start(options, (what) => runs.push(what))
    onTestFinished(() => running.close())
    return { port: running.port, opened: [], runs }
  }

  test('a genuine handshake opens a socket', async () => {
    const running = await run({ ...shared, ...(!server.separates && { webSocket: true }) })
    expect((await shakeHands(running, media())).status).toBe(101)
    await waitUntil(() => running.runs.length === 1, 'the connection')
    expect(running.runs).toEqual(['socket'])
  })

  if (!server.separates)
    test('without webSocket: true, no socket is opened for a handshake', async () => {
      const running = await run(plain)
      expect((await shakeHands(running, media())).status).toBe(403)
      expect(running.runs).toEqual([])
    })

  test('E7 no upgrade runs an ordinary handler', async () => {
    const running = await run(shared)
    for (const signed of [wss('/ordinary'), `${origin}/ordinary`])
      await shakeHands(running, makeHandshake('/ordinary', { signed })).catch(() => undefined)
    expect(running.runs).toEqual([])
  })
})

describe('paths', () => {
  const pathOptions = { ...plain, paths: ['/media', /^\/relay\//] }

  /** One server for Twilio and for browsers. Its sockets say whether they were verified. */
  const startShared = {
    async verifyClient(): Promise<Running> {
      const server = createServer()
      const sockets = new WebSocketServer({ server, verifyClient: createVerifyClient(pathOptions) })
      sockets.on('connection', (connection, req) => connection.send(String(Reflect.get(req, 'twilio')?.ok)))
      return listenAt(server)
    },
    async twilioUpgrade(): Promise<Running> {
      const sockets = new WebSocketServer({ noServer: true })
      const guard = twilioUpgrade(pathOptions)
      const server = createServer().on('upgrade', async (req, socket, head) => {
        const webhook = await guard(req, socket, head)
        if (webhook !== undefined)
          sockets.handleUpgrade(req, socket, head, (connection) => connection.send(String(webhook?.ok)))
      })
      return listenAt(server)
    },
  }

  async function listenAt(server: Server): Promise<Running> {
    const { port, close } = await serve(server)
    onTestFinished(() => {
      server.closeAllConnections()
      return close()
    })
    return { port, close }
  }

  /** Opens a socket, and returns its first message, or the status of the refusal. */
  async function open(
    { port }: Running,
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
    const said = await Promise.race([
      once(client, 'message').then(([message]) => String(message)),
      once(client, 'unexpected-response').then(([, { statusCode }]) => String(statusCode)),
    ])
    client.on('error', () => undefined).terminate()
    return said
  }

  describe.each(Object.entries(startShared))('%s', (_name, startIt) => {
    test('a browser connects to another path, Twilio to a guarded one', async () => {
      const running = await startIt()
      expect(await open(running, '/chat?room=1')).toBe('undefined')
      for (const path of ['/media', '/media/1', '/relay/1?a=2'])
        expect(await open(running, path, (await makeHandshake(path)).headers)).toBe('true')
    })

    test('a guarded path is guarded in every spelling', async () => {
      const running = await startIt()
      const forged = (await media({ token: otherToken })).headers
      for (const path of ['/media', '/media/', '//media', '/MEDIA', '/%6dedia', '/chat/%2e%2e/media', '/relay/1'])
        expect([path, await open(running, path, forged)]).toEqual([path, '403'])
    })
  })

  test('wrong paths are named when the guard is made', () => {
    for (const make of [createVerifyClient, twilioUpgrade])
      expect(() => make({ ...plain, paths: 1 as unknown as string })).toThrow(/"paths"/)
  })
})

describe.each(handshakeServers.slice(0, 3).map((server) => [server.name, server] as const))('%s', (_name, server) => {
  test.each([
    ['a line break', { 'x-a': 'b\r\nx-c: d' }],
    ['an invalid name', { 'x a': 'b' }],
  ])('onRejected cannot break the answer: %s', async (_title, headers) => {
    const running = await start(server, { ...plain, onRejected: () => ({ status: 400, headers }) })
    const answer = await shakeHands(running, media({ token: otherToken }))
    expect([answer.status, answer.body, answer.headers['x-c']]).toEqual([500, 'Internal Server Error', undefined])
    expect(console.error).toHaveBeenCalledWith(expect.stringContaining('"onRejected" gave'))
  })

  test('onRejected cannot set framing headers', async () => {
    const framed = { 'content-length': '1', 'Transfer-Encoding': 'chunked', connection: 'keep-alive' }
    const running = await start(server, {
      ...plain,
      onRejected: () => ({ status: 400, headers: framed, body: 'whole' }),
    })
    const { status, headers, body } = await shakeHands(running, media({ token: otherToken }))
    expect([status, body, headers.connection, headers['transfer-encoding']]).toEqual([400, 'whole', 'close', undefined])
  })

  test('the reservation is released if the client left', async () => {
    const released = vi.fn()
    let go: () => void = () => undefined
    const reserve = vi.fn(
      () =>
        new Promise<{ delivery: 'first'; release: () => void }>((resolve) => {
          go = () => resolve({ delivery: 'first', release: released })
        }),
    )
    const running = await start(server, { ...plain, replay: { reserve } })
    const connection = openConnection(running.port)
    connection.write(writeHandshake(await media()))
    await vi.waitFor(() => expect(reserve).toHaveBeenCalled())
    connection.socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 30))
    go()
    await waitUntil(() => released.mock.calls.length === 1, 'the release')
    expect(running.opened).toEqual([])
  })
})

test('ws waits for verifyClient because of its number of parameters', () => {
  expect(createVerifyClient(plain)).toHaveLength(2)
})

test('wrong options throw at once', () => {
  expect(() => createVerifyClient({ ...plain, authToken: '' })).toThrow(TypeError)
})

interface RunningExample {
  readonly url: string
  readonly authToken: string
  stop(): unknown
}

/** Runs an example as its page does, and one under the test server of the testing kit. */
const exampleServers: Readonly<Record<string, () => Promise<RunningExample>>> = {
  'with ws': async () => ({ ...(await startExample('ws', 'node server.mjs')), authToken: token }),
  'with Fastify': async () => ({ ...(await startExample('ws', 'node fastify.mjs')), authToken: token }),
  'with Hono': async () => ({ ...(await startExample('ws', 'node hono.mjs')), authToken: token }),
  'under testServer': async () => {
    const { url, authToken, close } = await testServer(async ({ url, authToken }) => {
      vi.stubEnv('PORT', '0')
      vi.stubEnv('TOLLGATE_PUBLIC_URL', url)
      vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
      vi.stubEnv('STREAM_SECRET', streamSecret)
      const { server } = await import(new URL('../../examples/ws/server.mjs', import.meta.url).href)
      onTestFinished(() => void server.close())
      return server
    })
    return { url, authToken, stop: close }
  },
}

test.each(Object.entries(exampleServers))(
  'the example %s accepts a socket only with the ticket of its call, and accepts it again',
  async (_name, startServer) => {
    const { url, authToken, stop } = await startServer()
    onTestFinished(async () => {
      await stop()
      vi.unstubAllEnvs()
    })
    await expectTickets(url, authToken)
  },
)
