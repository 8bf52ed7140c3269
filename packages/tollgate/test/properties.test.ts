import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { type Pairs, serializeForm } from '../src/form.ts'
import { defaultAlgorithm } from '../src/hmac/algorithms.ts'
import { createVerifier, fromRequest, type IncomingRequest, type Verdict } from '../src/index.ts'
import { createSigner } from '../src/schemes/twilio/sign/signature.ts'
import { joinSigningString } from '../src/schemes/twilio/sign/signing-string.ts'
import { signRequest } from '../src/testing/index.ts'
import { testProperty } from './property.ts'
import { authToken, formType, options, origin, sign } from './requests.ts'

const { verify } = createVerifier(options)
const signWith = createSigner(defaultAlgorithm, authToken)

const text = fc.string({ unit: 'binary', maxLength: 6 })
const somePairs = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 6 })
const pathUnit = fc.constantFrom('a', 'B', '/', '%20', '%27', "'", '.', ';', '~', '-')
const target = fc
  .tuple(
    fc.string({ unit: pathUnit, maxLength: 8 }),
    fc.string({ unit: fc.oneof(pathUnit, fc.constantFrom('=', '&', '+', '?')), maxLength: 8 }),
  )
  .map(([path, query]) => `/${path}${query === '' ? '' : `?${query}`}`)
  // Clients resolve dot segments before they send, and the verifier refuses them.
  .filter((one) => !/\/\.{1,2}([/?]|$)/.test(one))

function post(url: string, body: string, signature: string, type = formType): IncomingRequest {
  return { method: 'POST', url, headers: { 'content-type': type, 'x-twilio-signature': signature }, body }
}

/** Returns the parameters that the application gets, or the code. */
function _read(verdict: Verdict): Pairs | string {
  return verdict.ok ? [...verdict.params] : verdict.code
}

describe('signed requests verify', () => {
  const url = target.map((one) => origin + one)
  const json = fc
    .json()
    .map((one) => JSON.parse(one) as unknown)
    .filter((one) => one !== undefined)
  const input = fc.oneof(
    fc.record({ url, params: somePairs }),
    fc.record({ url, params: somePairs, method: fc.constant('GET') }),
    fc.record({ url, json }),
    fc.record({ url, body: fc.string({ unit: 'binary', minLength: 1 }), contentType: fc.constant('text/plain') }),
    fc.record({ url, method: fc.constantFrom('GET', 'POST') }),
    fc.record({ url, handshake: fc.constant(true) }),
  )
  const keyed = createVerifier({ ...options, sharedKeys: { key1: 'a shared secret' } })
  const signer = fc.constantFrom({ authToken }, { sharedKey: { id: 'key1', secret: 'a shared secret' } })
  testProperty('every request that signRequest signs', 1000, [input, signer], async (given, key) => {
    const { method, url: signedUrl, headers, body, handshake } = signRequest({ ...given, ...key })
    const incoming = { method, url: signedUrl, headers, body, handshake }
    expect(await keyed.verify(incoming)).toMatchObject({ ok: true })
  })
})

describe('a changed request is refused', () => {
  testProperty(
    'another URL or other parameters, unless the signing string is the same',
    1000,
    [target, somePairs, target, somePairs, fc.boolean()],
    async (url, pairs, otherUrl, otherPairs, keep) => {
      const sent = keep ? { url, pairs: otherPairs } : { url: otherUrl, pairs }
      const signed = joinSigningString(origin + url, pairs)
      const verdict = await verify(post(sent.url, serializeForm(sent.pairs), signWith(signed)))
      if (verdict.ok) expect(joinSigningString(verdict.matched.url, sent.pairs)).toBe(signed)
      else expect(verdict.code).toBe('signature_mismatch')
    },
  )
})

describe('verify() never throws', () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withUnicodeString: true,
  })
  const hostile = fc.constantFrom<unknown>(
    Object.create(null),
    { toString: 1, valueOf: 1 },
    { [Symbol.toPrimitive]: 1 },
    { [Symbol.iterator]: 1 },
    { [Symbol.asyncIterator]: 1 },
    { length: -1 },
    { consumedBy: {}, fix: Symbol('s') },
    Symbol('s'),
    () => undefined,
    new Proxy({}, {}),
    [Object.create(null)],
    [Symbol('s')],
    10n,
    Object.freeze([undefined]),
    new DataView(new ArrayBuffer(2)),
    new Uint16Array(2),
    new ArrayBuffer(2),
    new Date(Number.NaN),
    /x/g,
    '\ud800',
    '\0',
  )
  const strange = fc.oneof(anything, hostile)
  const signature = sign(`${origin}/sms`)
  const value = (...usual: unknown[]) =>
    fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: strange })
  const headers = fc.oneof(
    strange,
    fc.record(
      {
        host: value('api.example.com', 'a.example', '['),
        ':authority': value('api.example.com'),
        ':protocol': value('websocket'),
        upgrade: value('websocket'),
        connection: value('upgrade', ['keep-alive', 'upgrade']),
        'content-type': value(formType, 'application/json'),
        'content-length': value('3', 'x', '1e99'),
        'content-encoding': value('identity', 'gzip'),
        'x-twilio-signature': value(signature, sign('x', authToken, 'sha256')),
        'x-twilio-webhooks-signature-settings': value('key=key1,algorithm=HMAC_SHA256'),
        'x-forwarded-host': value('a.example', 'a,b'),
        'x-forwarded-proto': value('https'),
        'x-forwarded-port': value('443'),
        forwarded: value('host=a.example', ';;='),
      },
      { requiredKeys: ['x-twilio-signature'] },
    ),
  )
  const request = fc.oneof(
    { weight: 1, arbitrary: strange },
    {
      weight: 9,
      arbitrary: fc.record(
        {
          method: value('GET', 'POST', 'CONNECT'),
          url: value('/sms', '/sms?bodySHA256=x', 'https://a.example/x', ''),
          headers,
          body: value('a=1', '{"accountSid":1}', undefined, new Uint8Array([255])),
          urlIsNormalized: value(true),
          encrypted: value(true),
          remoteAddress: value('127.0.0.1', '::1', 'x'),
        },
        { requiredKeys: ['method', 'url', 'headers'] },
      ),
    },
  )
  const explain = () => undefined
  const rule = (forwardedBy: 'forwarded' | 'x-forwarded') =>
    fromRequest({ allowedHosts: ['a.example', '*.example.com'], trustedProxies: ['loopback'], forwardedBy })
  const verifiers = {
    'one URL': createVerifier(options),
    'one URL, with a diagnoser': createVerifier({ ...options, diagnose: { explain } }),
    observe: createVerifier({ ...options, mode: 'observe', diagnose: { explain }, trailingSlash: 'either' }),
    'several URLs and accounts': createVerifier({
      publicUrl: [origin, 'https://a.example'],
      authToken: { [`AC${'0'.repeat(32)}`]: authToken },
      sharedKeys: { key1: 'secret' },
    }),
    'observe with x-forwarded': createVerifier({ ...options, publicUrl: rule('x-forwarded'), mode: 'observe' }),
    'a look-up with forwarded': createVerifier({ publicUrl: rule('forwarded'), authToken: () => authToken }),
    signedUrl: createVerifier({ authToken, signedUrl: (incoming) => `https://a.example${incoming.url}` }),
  }

  for (const [what, verifier] of Object.entries(verifiers))
    testProperty(`for any request, with ${what}`, 2000, [request], async (incoming) => {
      const verdict = await verifier.verify(incoming as IncomingRequest)
      expect(typeof verdict.ok).toBe('boolean')
      if (!verdict.ok) expect(verdict.message).not.toContain(authToken)
    })
})
