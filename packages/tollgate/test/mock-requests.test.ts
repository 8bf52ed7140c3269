import { EventEmitter } from 'node:events'
import type { Request, Response } from 'express'
import mocks113 from 'node-mocks-http-1.13'
import mocks118 from 'node-mocks-http-1.18'
import { describe, expect, test } from 'vitest'
import { twilioWebhook } from '../src/adapters/express.ts'
import { validateExpressRequest, webhook } from '../src/compat/index.ts'
import { createVerifier, type IncomingRequest } from '../src/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import { authToken, formRequest, options, origin, sign } from './requests.ts'

interface MockInput {
  method: string
  url: string
  headers: Record<string, string>
  body?: unknown
  rawBody?: unknown
}

/**
 * The function that the tests use. Version 1.13 is installed under another name, so it has no
 * types.
 */
interface Mocks {
  createMocks(
    input: MockInput & { protocol: string },
    output: { eventEmitter?: unknown },
  ): { req: Request & { send(data: unknown): void }; res: Response }
}

type Receive = (input: MockInput, mocks: Mocks) => Promise<boolean> | boolean

const versions = { '1.13': mocks113, '1.18': mocks118 } as unknown as Readonly<Record<string, Mocks>>

const createMocks = (input: MockInput, mocks: Mocks) =>
  mocks.createMocks({ ...input, protocol: 'https' }, { eventEmitter: EventEmitter })

const verifier = createVerifier(options)

/** Runs middleware. Resolves with true if it calls `next`, and with false if it answers. */
async function run(
  middleware: (req: Request, res: Response, next: () => void) => unknown,
  { req, res }: ReturnType<Mocks['createMocks']>,
  sent?: string,
): Promise<boolean> {
  let passed = false
  const done = middleware(req, res, () => {
    passed = true
  })
  if (sent !== undefined) req.send(sent)
  await done
  expect([res.statusCode, res.writableEnded]).toEqual(passed ? [200, false] : [403, true])
  return passed
}

const receivers: Readonly<Record<string, Receive>> = {
  createVerifier: async (input, mocks) => {
    const { method, originalUrl, headers } = createMocks(input, mocks).req
    const body = input.rawBody ?? input.body
    return (await verifier.verify({ method, url: originalUrl, headers, body: body as IncomingRequest['body'] })).ok
  },
  'tollgate/express': (input, mocks) => run(twilioWebhook(options), createMocks(input, mocks)),
  'webhook() of tollgate/compat': (input, mocks) => run(webhook(authToken), createMocks(input, mocks)),
  'validateExpressRequest of tollgate/compat': (input, mocks) =>
    validateExpressRequest(createMocks(input, mocks).req, authToken),
}

const { method, url, headers, body } = formRequest([['Body', 'hello']]) as MockInput
const form = { method, url, headers, body }
const get = { method: 'GET', url: '/sms?a=1', headers: { host: headers.host ?? '' } }

const requests: Readonly<Record<string, MockInput>> = {
  'a form as text': form,
  'a form that a parser read, with its bytes': { ...form, body: { Body: 'hello' }, rawBody: Buffer.from(String(body)) },
  'a GET without a body': { ...get, headers: { ...get.headers, 'x-twilio-signature': sign(`${origin}${get.url}`) } },
}

const shout = (all: Record<string, string>) =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name.toUpperCase(), value]))

// The headers of these requests are a record that also has a `get()` method. The two versions
// return different values for a missing header. No request is a stream.
describe.each(Object.entries(versions))('a request of node-mocks-http %s', (_version, mocks) => {
  describe.each(Object.entries(receivers))('for %s', (_name, receive) => {
    test.each(Object.entries(requests))('%s', async (_name, request) => {
      expect(await receive({ ...request, headers: shout(request.headers) }, mocks)).toBe(true)
      const { 'x-twilio-signature': _signature, ...unsigned } = request.headers
      expect(await receive({ ...request, headers: unsigned }, mocks)).toBe(false)
      expect(await receive({ ...request, url: `${request.url}x` }, mocks)).toBe(false)
    })
  })

  test('tollgate/express with a replay guard runs the handler, also if the answer emits no events', async () => {
    const withGuard = () => twilioWebhook({ ...options, replay: replayGuard({ store: memoryStore() }) })
    const silent = mocks.createMocks({ ...form, protocol: 'https' }, {})
    for (const pair of [createMocks(form, mocks), silent]) expect(await run(withGuard(), pair)).toBe(true)
  })

  test('tollgate/express reads a body that is sent after the headers', async () => {
    const declared = { method, url, headers: { ...headers, 'content-length': '10' } }
    expect(await run(twilioWebhook(options), createMocks(declared, mocks), 'Body=hello')).toBe(true)
    expect(await run(twilioWebhook(options), createMocks(declared, mocks), 'Body=other')).toBe(false)
  })
})
