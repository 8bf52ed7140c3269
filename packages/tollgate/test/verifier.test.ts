import { describe, expect, test } from 'vitest'
import { type Accepted, createVerifier, type Observed } from '../src/index.ts'
import {
  authToken,
  formRequest,
  genuine,
  naiveJoin,
  options,
  origin,
  otherToken,
  outcome,
  params,
  sha256,
  sign,
  urlSigned,
} from './requests.ts'

describe('accepted requests', () => {
  test('a receiver that changes its verdict does not change the next one', async () => {
    const { verify } = createVerifier(options)
    const first = await verify(genuine)
    if (first.ok) Object.assign(first.matched.key, { kind: 'changed', index: 7 })
    expect(await verify(genuine)).toMatchObject({ ok: true, matched: { key: { kind: 'auth_token', index: 0 } } })
  })

  test('a form of more than 100,000 characters with few or many fields', async () => {
    const long: [string, string][] = [
      ['To', 'b'],
      ['Body', '1 é\u{1f600}'.repeat(20_000)],
      ['From', 'a'],
      ['To', 'a'],
    ]
    const many = Array.from({ length: 3000 }, (_, index): [string, string] => [`Field${index}`, 'x'.repeat(40)])
    for (const large of [long, many, [...many, ...long]]) {
      expect(await outcome(formRequest(large))).toBe('params')
      expect(await outcome(formRequest(large, { target: '/sms/' }), { trailingSlash: 'either' })).toBe('params')
      const onSlash = sign(`${origin}/sms/${naiveJoin(large)}`)
      expect(await outcome(formRequest(large, { signature: onSlash }), { trailingSlash: 'either' })).toBe('params')
      expect(await outcome(formRequest(large, { signature: onSlash }))).toBe('signature_mismatch')
      expect(await outcome(formRequest(large), { authToken: [otherToken, authToken] })).toBe('params')
      const [first, ...rest] = large
      const altered = formRequest([[first?.[0] ?? '', 'c'], ...rest], {
        signature: sign(`${origin}/sms${naiveJoin(large)}`),
      })
      expect(await outcome(altered)).toBe('signature_mismatch')
    }
  })

  test('the body is one object, and copies of the verdict have it too', async () => {
    const [verdict, observed] = await Promise.all([
      createVerifier(options).verify(genuine),
      createVerifier({ ...options, mode: 'observe' }).verify(formRequest(params, { signature: sign('x') })),
    ])
    for (const received of [verdict as Accepted, observed as Observed]) {
      expect(new TextDecoder().decode(received.body)).toBe(genuine.body)
      expect(received.body).toBe(received.body)
      expect({ ...received }.body).toBe(received.body)
      expect(new Proxy(received, {}).body).toBe(received.body)
      expect(Object.keys(received)).toContain('body')
    }
  })

  test('a body that is neither a form nor UTF-8 is available as bytes but not as JSON', async () => {
    const bytes = Uint8Array.of(0xff)
    const url = `/events?bodySHA256=${sha256(bytes)}`
    const verdict = await createVerifier(options).verify(urlSigned(url, { body: bytes }))
    expect(verdict).toMatchObject({ ok: true, covers: 'body', body: bytes })
    if (verdict.ok) expect(() => verdict.json()).toThrow(new SyntaxError('The body is not UTF-8, and so not JSON'))
  })
})
test('a verifier says if it reserves deliveries, so that an adapter knows what to release', () => {
  const replay = { reserve: async () => ({ delivery: 'first' as const }) }
  expect(createVerifier(options).reserves).toBe(false)
  expect(createVerifier({ ...options, replay }).reserves).toBe(true)
})
