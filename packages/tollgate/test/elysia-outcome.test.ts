import { Elysia, NotFoundError, status } from 'elysia'
import { describe, expect, test, vi } from 'vitest'
import { twilioWebhook } from '../src/adapters/elysia.ts'
import { twilioWebhook as fetchWebhook } from '../src/adapters/fetch.ts'
import { sampleWebhook, signRequest } from '../src/testing/index.ts'

const authToken = '0123456789abcdef0123456789abcdef'
const publicUrl = 'https://example.com'

interface Outcome {
  readonly handler: () => unknown
  readonly onError?: () => unknown
  readonly status: number
  readonly released: boolean
}

const fail = (error: unknown) => (): never => {
  throw error
}
const withResponse = Object.assign(new Error('x'), { toResponse: () => new Response('late', { status: 503 }) })
const laterResponse = Object.assign(new Error('x'), { toResponse: async () => new Response('', { status: 409 }) })

const outcomes: Readonly<Record<string, Outcome>> = {
  'an answer': { handler: () => 'ok', status: 200, released: false },
  'a 503': { handler: () => new Response('', { status: 503 }), status: 503, released: true },
  'a returned status': { handler: () => status(401, 'x'), status: 401, released: true },
  'an error': { handler: fail(new Error('x')), status: 500, released: true },
  'a rejection': { handler: async () => Promise.reject(new Error('x')), status: 500, released: true },
  'an error with status 404': { handler: fail(new NotFoundError()), status: 404, released: false },
  'a thrown status 404': { handler: fail(status(404)), status: 404, released: false },
  'a thrown status 401': { handler: fail(status(401)), status: 401, released: true },
  'an error with its own Response of 503': { handler: fail(withResponse), status: 503, released: true },
  'an error with its own Response of 409, which comes later': {
    handler: fail(laterResponse),
    status: 409,
    released: false,
  },
  'an error that onError does not answer': {
    handler: fail(new Error('x')),
    onError: () => undefined,
    status: 500,
    released: true,
  },
  'an error that onError answers with 503': {
    handler: fail(new NotFoundError()),
    onError: () => new Response('', { status: 503 }),
    status: 503,
    released: true,
  },
  'an error that onError answers later': {
    handler: fail(new Error('x')),
    onError: () => new Promise((resolve) => setTimeout(() => resolve(new Response('', { status: 503 })), 20)),
    status: 503,
    released: true,
  },
}

describe.each([true, false])('elysia with aot: %s', (aot) => {
  test.each(Object.entries(outcomes))('%s', async (_name, { handler, onError, status: expected, released }) => {
    const release = vi.fn()
    const confirm = vi.fn()
    const replay = { reserve: () => ({ delivery: 'first' as const, confirm, release }) }
    const app = new Elysia({ aot })
    if (onError !== undefined) app.onError(onError as never)
    app.use(twilioWebhook({ publicUrl, authToken, replay })).post('/sms', handler as never, { twilio: true })
    const signed = signRequest({ url: `${publicUrl}/sms`, ...sampleWebhook('message.inbound'), authToken })
    const answer = await app.handle(signed.toRequest())
    expect(answer.status).toBe(expected)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([release.mock.calls.length, confirm.mock.calls.length]).toEqual(released ? [1, 0] : [0, 1])
  })
})

test('the guard of tollgate/fetch names this adapter for a Request that Elysia has parsed', async () => {
  const onVerdict = vi.fn()
  const guard = fetchWebhook({ authToken, publicUrl, onVerdict }, () => new Response())
  const { url, headers, body } = signRequest({ url: `${publicUrl}/sms`, params: { Body: 'a' }, authToken })
  const request = new Request(url, { method: 'POST', headers, body })
  await request.text()
  expect((await guard(request)).status).toBe(500)
  expect(onVerdict.mock.calls[0]?.[0]).toMatchObject({
    code: 'body_already_consumed',
    message: expect.stringMatching(/a clone that was made before\. In Elysia, use tollgate\/elysia\./),
  })
})
