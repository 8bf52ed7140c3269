import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { twilioWebhook as expressWebhook } from '../src/adapters/express.ts'
import { twilioWebhook as nodeWebhook } from '../src/adapters/node.ts'
import type { Accepted, Verdict, VerifierOptions } from '../src/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import { type SampleWebhook, type SignedRequest, sampleWebhook, signRequest } from '../src/testing/index.ts'

const publicUrl = 'https://voice.example.com'
const authToken = '0123456789abcdef0123456789abcdef'

/** Handles the next request. Without one the application answers 200. */
type Behaviour = (webhook: Accepted, req: IncomingMessage, res: ServerResponse) => void

interface App {
  readonly verdicts: Verdict[]
  readonly behaviours: Behaviour[]
  listen(): Server
}

type Options = VerifierOptions & { readonly mode: 'enforce' }

function createApp(start: (options: Options, handle: Behaviour) => Server): App {
  const verdicts: Verdict[] = []
  const behaviours: Behaviour[] = []
  const options: Options = {
    mode: 'enforce',
    publicUrl,
    authToken,
    replay: replayGuard({ store: memoryStore(), whenRepeated: 'reject' }),
    onVerdict: (verdict) => verdicts.push(verdict),
  }
  const handle: Behaviour = (webhook, req, res) => {
    const behaviour = behaviours.shift()
    if (behaviour) behaviour(webhook, req, res)
    else res.end('<Response/>')
  }
  return { verdicts, behaviours, listen: () => start(options, handle).listen(0, '127.0.0.1') }
}

const adapters: Readonly<Record<string, () => App>> = {
  express: () =>
    createApp((options, handle) => {
      const app = express()
      app.use(expressWebhook(options, handle))
      // Without this handler, Express prints the errors.
      app.use((_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
        res.status(500).end()
      })
      return createServer(app)
    }),
  'node:http': () => createApp((options, handle) => createServer(nodeWebhook(options, handle))),
}

function sign(path: string, webhook: SampleWebhook): SignedRequest {
  return signRequest({ url: publicUrl + path, authToken, ...webhook })
}

function fail(status: number): Behaviour {
  return (_webhook, _req, res) => {
    res.statusCode = status
    res.end()
  }
}

const demandPassword: Behaviour = (_webhook, req, res) => {
  if (req.headers.authorization === undefined) res.writeHead(401, { 'www-authenticate': 'Basic realm="voice"' })
  res.end()
}

for (const [name, create] of Object.entries(adapters))
  describe(`a whole call with whenRepeated 'reject', through ${name}`, () => {
    const app = create()
    let server: Server

    beforeAll(async () => {
      server = app.listen()
      await once(server, 'listening')
    })
    afterAll(() => {
      server.closeAllConnections()
      server.close()
    })

    function open(signed: SignedRequest, headers: Record<string, string> = {}) {
      const { port } = server.address() as AddressInfo
      const { pathname, search } = new URL(signed.url)
      const sent = request({
        port,
        host: '127.0.0.1',
        path: pathname + search,
        method: signed.method,
        headers: { ...signed.headers, ...headers },
      })
      sent.end(signed.body)
      return sent
    }

    /** Returns the status of the answer, and `delivery` or the code of the verdict. */
    async function send(signed: SignedRequest, headers?: Record<string, string>) {
      const [response] = (await once(open(signed, headers), 'response')) as [IncomingMessage]
      response.resume()
      await once(response, 'end')
      const verdict = app.verdicts.at(-1)
      return `${response.statusCode} ${verdict?.ok ? verdict.delivery : verdict?.code}`
    }

    test('accepts the inbound call, and its retry after a basic-auth 401', async () => {
      const inbound = sign('/voice', sampleWebhook('call.inbound'))
      app.behaviours.push(demandPassword, demandPassword)
      expect(await send(inbound)).toBe('401 first')
      expect(await send(inbound, { authorization: 'Basic dHdpbGlvOnNlY3JldA==' })).toBe('200 first')
    })

    test('marks a second gather with the same digits, and a second redirect to the menu', async () => {
      const gather = sign('/menu', sampleWebhook('gather.dtmf', { Digits: '1' }))
      expect(await send(gather)).toBe('200 first')
      expect(await send(gather)).toBe('200 repeated')
      const redirect = sign('/voice', {
        method: 'POST',
        params: (sampleWebhook('call.inbound').params ?? []).map(([key, value]) =>
          key === 'CallStatus' ? [key, 'in-progress'] : [key, value],
        ),
      })
      expect(await send(redirect)).toBe('200 first')
      expect(await send(redirect)).toBe('200 repeated')
    })

    test('marks a second dial action, by POST and by GET', async () => {
      for (const method of ['POST', 'GET'] as const) {
        const action = sign('/dialed', { ...sampleWebhook('dial.action'), method })
        expect(await send(action)).toBe('200 first')
        expect(await send(action)).toBe('200 repeated')
      }
    })

    test('accepts the retry of a recording status after a 500, and refuses a replay', async () => {
      const recording = sign('/recordings', sampleWebhook('recording.status'))
      app.behaviours.push(fail(500))
      expect(await send(recording)).toBe('500 first')
      expect(await send(recording)).toBe('200 first')
      expect(await send(recording)).toBe('403 replayed')
    })

    test('accepts status events in any order, and their retries after a throw, a 503 and a basic-auth 401', async () => {
      const events = ['2', '0', '3', '1'].map((SequenceNumber) =>
        sign('/status', sampleWebhook('call.status', { SequenceNumber })),
      )
      const failures: Behaviour[] = [
        fail(503),
        () => {
          throw new Error('database down')
        },
        demandPassword,
      ]
      const log = console.error
      console.error = () => undefined
      for (const event of events) {
        const failure = failures.shift()
        if (failure) {
          app.behaviours.push(failure)
          expect(await send(event)).toMatch(/^(503|500|401) first$/)
        }
        expect(await send(event)).toBe('200 first')
      }
      console.error = log
    })

    test('accepts the retry after Twilio closed the connection before a slow answer', async () => {
      const event = sign('/status', sampleWebhook('call.status', { SequenceNumber: '4' }))
      const closed = new Promise((resolve) => {
        app.behaviours.push((_webhook, _req, res) => res.once('close', resolve))
      })
      const sent = open(event)
      sent.on('error', () => undefined)
      while (app.behaviours.length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
      sent.destroy()
      await closed
      expect(await send(event)).toBe('200 first')
    })

    test('accepts a retry after the application called release()', async () => {
      const event = sign('/status', sampleWebhook('call.status', { SequenceNumber: '5' }))
      app.behaviours.push((webhook, _req, res) => void webhook.release().then(() => res.writeHead(404).end()))
      expect(await send(event)).toBe('404 first')
      expect(await send(event)).toBe('200 first')
    })

    test('refuses a replay of a message, also with other unsigned headers', async () => {
      const message = sign('/sms', sampleWebhook('message.inbound'))
      expect(await send(message)).toBe('200 first')
      expect(await send(message)).toBe('403 replayed')
      expect(await send(message, { 'i-twilio-idempotency-token': 'b7c1de0e-6f0d-4f6a-9d3a-000000000000' })).toBe(
        '403 replayed',
      )
    })
  })
