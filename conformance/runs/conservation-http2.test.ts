import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import * as hono from 'tollgate/hono'
import * as node from 'tollgate/node'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createGate, type Gate, writeName } from '../conservation/gate.ts'
import { inboundSms, makeRequest, origin, token } from '../kit/draft.ts'

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined))

type Listener = Parameters<typeof createServer>[1]

const createOptions = () => ({
  publicUrl: origin,
  authToken: token,
  replay: replayGuard({ store: memoryStore(), whenRepeated: 'reject' }),
})

const servers: Readonly<Record<string, (gate: Gate) => Listener>> = {
  'node:http2'(gate) {
    const guard = node.twilioWebhook(createOptions(), async (webhook, _req, res) =>
      res.end(await gate.work(webhook.params.get('MessageSid') ?? '')),
    )
    return (req, res) => void guard(req, res)
  },
  'hono 4'(gate) {
    const app = new Hono<{ Variables: hono.TwilioVariables }>()
    app.use(hono.twilioWebhook(createOptions()))
    app.post('/sms', async (c) => c.text(await gate.work(c.var.twilio.params?.get('MessageSid') ?? '')))
    const listener = getRequestListener(app.fetch)
    return (req, res) => void listener(req as never, res as never)
  },
}

interface Attempt {
  readonly session: ClientHttp2Session
  readonly stream: ClientHttp2Stream
  readonly sessions: ReadonlySet<ServerHttp2Session>
}

/** The ways in which a stream ends before its answer arrived. */
const ends: Readonly<Record<string, (attempt: Attempt) => void>> = {
  'the client cancels the stream': ({ stream }) => stream.close(constants.NGHTTP2_CANCEL),
  'the client leaves': ({ session }) => session.destroy(),
  'the server sends GOAWAY and closes the session': ({ sessions }) => {
    for (const one of sessions) {
      one.goaway(constants.NGHTTP2_NO_ERROR)
      one.destroy()
    }
  },
}

async function send(session: ClientHttp2Session, name: string): Promise<ClientHttp2Stream> {
  const params = inboundSms.map(([field, value]) => [field, field === 'MessageSid' ? name : value] as const)
  const { headers, body = '' } = await makeRequest({ params })
  const { host: authority = '', ...rest } = headers
  const stream = session.request({ ...rest, ':method': 'POST', ':path': '/sms', ':authority': authority })
  stream.on('error', () => undefined).end(body)
  return stream
}

for (const [name, createListener] of Object.entries(servers))
  for (const [what, endIt] of Object.entries(ends))
    test(`E8 ${name}, HTTP/2: ${what}, and the deliveries can be sent again, except those that were answered`, async () => {
      const gate = createGate()
      const sessions = new Set<ServerHttp2Session>()
      let streams = 0
      const server = createServer(createListener(gate))
      server.on('session', (one) => {
        sessions.add(one.on('error', () => undefined))
        one.once('close', () => sessions.delete(one))
      })
      server.on('stream', (one) => {
        streams++
        one.once('close', () => streams--)
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      onTestFinished(() => void server.close())
      const open = (): ClientHttp2Session => {
        const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
        onTestFinished(() => session.destroy())
        return session.on('error', () => undefined)
      }
      const ask = async (delivery: string): Promise<number | undefined> => {
        const session = open()
        const [answer] = await once(await send(session, delivery), 'response')
        session.destroy()
        return answer[':status']
      }
      const [answered, held, long] = [writeName(1, false), writeName(2, false), writeName(3, true)]
      gate.open(answered)
      gate.open(long)
      const session = open()
      const whole = await send(session, answered)
      await once(whole.resume(), 'close')
      // Its answer is longer than the window of the stream, and nothing reads it.
      const cut = await send(session, long)
      await once(cut, 'response')
      const stream = await send(session, held)
      await vi.waitFor(() => expect([...gate.held.keys()]).toEqual([held]))
      endIt({ session, stream, sessions })
      if (!session.destroyed) cut.close(constants.NGHTTP2_CANCEL)
      await vi.waitFor(() => expect(streams).toBe(0))
      gate.openAll()
      await vi.waitFor(async () => expect(await ask(held)).toBe(200))
      await vi.waitFor(async () => expect(await ask(long)).toBe(200))
      expect(await ask(answered)).toBe(403)
    })
