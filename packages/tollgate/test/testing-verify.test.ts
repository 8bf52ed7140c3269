import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVerifier } from '../src/index.ts'
import { kindOf } from '../src/params/index.ts'
import type { SignRequestInput } from '../src/schemes/twilio/test-request.ts'
import { kinds } from '../src/schemes/twilio/webhooks/index.ts'
import { type SignedRequest, sampleWebhook, signRequest, webhookKinds } from '../src/testing/index.ts'

const authToken = '0123456789abcdef0123456789abcdef'
const sharedKey = { id: 'webhooks_sharedkey_1', secret: 'a-secret' }
const publicUrl = 'https://example.com'
const verifier = createVerifier({ publicUrl, authToken, sharedKeys: { [sharedKey.id]: sharedKey.secret } })

async function verify(signed: SignedRequest) {
  const { method, headers, body, handshake } = signed
  const { pathname, search } = new URL(signed.url)
  const target = signed.url.slice(signed.url.indexOf(pathname === '/' ? search || '/' : pathname))
  const verdict = await verifier.verify({ method, url: target, headers, body, handshake })
  if (!verdict.ok) throw new Error(`${verdict.code}: ${verdict.message}`)
  return verdict
}

const covers = { form: 'params', json: 'body', query: 'url', handshake: 'url' } as const

describe('the verifier accepts the requests of the testing kit', () => {
  for (const kind of webhookKinds) {
    const row = kinds[kind]
    test(`${kind}, with an Auth Token and with a shared key`, async () => {
      for (const key of [{ authToken }, { sharedKey }]) {
        const signed = signRequest({ url: `${publicUrl}/hook?a=1`, ...sampleWebhook(kind), ...key })
        const verdict = await verify(signed)
        expect(verdict.covers).toBe(covers[row.body])
        if (row.body === 'form' || row.body === 'query') expect(kindOf(verdict.params)).toBe(kind)
        if (row.body === 'json') expect(verdict.json()).toEqual(sampleWebhook(kind).json)
      }
    })
    if (row.body === 'form')
      test(`${kind}, by GET`, async () => {
        const signed = signRequest({ url: `${publicUrl}/hook`, ...sampleWebhook(kind), method: 'GET', authToken })
        const verdict = await verify(signed)
        expect(verdict.covers).toBe('url')
        const { params = [] } = sampleWebhook(kind)
        const distinct = [...new Map(params.map((pair) => [JSON.stringify(pair), pair])).values()]
        expect([...verdict.params.entries()]).toEqual(distinct)
      })
    if (row.body === 'handshake')
      test(`${kind}, to a wss URL`, async () => {
        await verify(signRequest({ url: 'wss://example.com/stream', ...sampleWebhook(kind), authToken }))
      })
  }

  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }))
  const pairs = fc.array(fc.tuple(text, text))
  const inputs: Record<string, fc.Arbitrary<Partial<SignRequestInput>>> = {
    'a form': fc.record({ params: pairs }),
    'a GET': fc.record({ params: pairs, method: fc.constant('GET') }),
    'a handshake': fc.record({ params: pairs, handshake: fc.constant(true) }),
    JSON: fc.record({ json: fc.jsonValue() }),
    'a body': fc.record({ body: text, contentType: fc.constantFrom('text/plain', 'application/json') }),
  }
  for (const [title, input] of Object.entries(inputs))
    test(`${title} with random content`, async () => {
      await fc.assert(
        fc.asyncProperty(input, async (content) => {
          await verify(signRequest({ url: `${publicUrl}/hook?it=O'Hara+%C3%A9`, authToken, ...content }))
        }),
      )
    })

  test('a web Request, which changes how the URL is written', async () => {
    for (const kind of webhookKinds) {
      const signed = signRequest({ url: `${publicUrl}/hook?n=O'Hara`, ...sampleWebhook(kind), authToken })
      const request = signed.toRequest()
      const body = new Uint8Array(await request.clone().arrayBuffer())
      const verdict = await verifier.verify({
        method: request.method,
        url: request.url,
        headers: request.headers,
        body,
        handshake: signed.handshake,
      })
      expect(verdict).toMatchObject({ ok: true })
    }
  })
})
