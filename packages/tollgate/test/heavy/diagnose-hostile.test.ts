import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DiagnosableRequest, diagnose } from '../../src/diagnose/index.ts'
import { authToken, options } from '../requests.ts'

// Slow, because it diagnoses many random requests.

const names = [
  'host',
  'content-type',
  'content-length',
  'x-twilio-signature',
  'x-twilio-webhooks-signature-settings',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-original-url',
  'forwarded',
  'authorization',
  'user-agent',
  'referer',
  'upgrade',
  'connection',
  'content-encoding',
]

const headerValue = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'websocket',
    'Upgrade',
    'L/OH5YylLD5NRKLltdqwSvS0BnU=',
    'key=a,algorithm=HMAC_SHA256',
    'a.example:99999, b.example',
    '/%ff?%zz&=&',
    'for=x;host=',
    'Basic %%%',
  ),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.constantFrom(1, null, {}, undefined),
)
const target = fc.oneof(
  fc.webPath().map((path) => `/${path}`),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.string({ unit: 'binary' }),
  fc.string().map((text) => `/${text}?${text}#${text}`),
  fc.constantFrom('/%', '/%2', '/%ff%fe?a=%ff&b=%&%3d', '//', '/?', '/?&&&=&', '/a?bodySHA256=&bodySHA256=x', null, 7),
)
const body = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 200 }),
  fc.json(),
  fc.constantFrom(
    'a=%ff&b=%',
    '{"a":',
    '{"__proto__":{"a":1}}',
    '[[[[[[]]]]]]',
    undefined,
    null,
    7,
    {},
    { consumedBy: 1 },
  ),
)
const params = fc.oneof(
  fc.constant(undefined),
  fc.anything({ withNullPrototype: true, withBigInt: true, withMap: true, withSet: true, withTypedArray: true }),
  fc.dictionary(fc.string(), fc.anything()),
)

const request = fc.record({
  method: fc.oneof(fc.constantFrom('GET', 'POST', 'CONNECT', 'PUT'), fc.anything()),
  url: target,
  headers: fc.oneof(fc.dictionary(fc.constantFrom(...names), headerValue), fc.anything()),
  body,
  params,
}) as fc.Arbitrary<unknown> as fc.Arbitrary<DiagnosableRequest>

test('no request makes a diagnosis throw', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (hostile) => {
      const diagnosis = await diagnose(hostile, { ...options, maxTries: 300 })
      expect(diagnosis.verdict.ok).toBe(false)
      expect(JSON.stringify(diagnosis)).not.toContain(authToken)
      expect(diagnosis.tried).toBeLessThanOrEqual(300)
    }),
    { numRuns: 400 },
  )
}, 120_000)

test('a value that Twilio did not write itself is never shown', async () => {
  // Long enough that it does not occur by chance.
  const text = fc.string({ minLength: 8, maxLength: 40 }).map((one) => `~${one}~secret~`)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('Body', 'SpeechResult', 'Digits', 'anything', '__proto__'),
      text,
      async (name, value) => {
        const form = new URLSearchParams([[name, value]]).toString()
        for (const hostile of [
          { method: 'POST', url: '/sms', body: form },
          { method: 'POST', url: '/sms', body: value },
          { method: 'POST', url: '/sms', body: JSON.stringify({ [name]: value }) },
          { method: 'GET', url: `/sms?MessageSid=SM1&${form}` },
        ]) {
          const headers = {
            'content-type': 'application/x-www-form-urlencoded',
            'x-twilio-signature': 'L/OH5YylLD5NRKLltdqwSvS0BnU=',
          }
          const shown = JSON.stringify(await diagnose({ ...hostile, headers }, { ...options, maxTries: 50 }))
          expect(shown).not.toContain('secret~')
        }
      },
    ),
    { numRuns: 100 },
  )
}, 120_000)

test('a large request costs fewer HMACs than a small one', async () => {
  const form = new URLSearchParams(
    Array.from({ length: 5000 }, (_, index) => [`name${index}`, 'value '.repeat(20)]),
  ).toString()
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': 'L/OH5YylLD5NRKLltdqwSvS0BnU=',
  }
  const diagnosis = await diagnose({ method: 'POST', url: '/sms', headers, body: form }, options)
  expect(diagnosis.proven).toBeUndefined()
  expect(diagnosis.tried).toBeLessThan(100)
})

test('a wrong option throws a TypeError or a RangeError that names it', async () => {
  const genuine = { method: 'POST', url: '/sms', headers: {} }
  const wrong: [name: string, given: object][] = [
    ['maxTries', { maxTries: 0 }],
    ['maxTries', { maxTries: '5' }],
    ['otherTokens', { otherTokens: ['x'] }],
    ['otherTokens', { otherTokens: { a: 1 } }],
    ['otherHosts', { otherHosts: 'a.example' }],
    ['prefixes', { prefixes: [1] }],
    ['framework', { framework: 1 }],
    ['publicUrl', { publicUrl: 'nowhere' }],
    ['authToken', { authToken: 5 }],
    ['authTokn', { authTokn: 'x' }],
  ]
  for (const [name, given] of wrong)
    await expect(diagnose(genuine, { ...options, ...given } as never)).rejects.toThrow(name)
  await expect(diagnose(genuine, undefined as never)).rejects.toThrow(TypeError)
})
