import { describe, expect, test, vi } from 'vitest'
import { type Accepted, createVerifier, fromRequest, type IncomingRequest, type Observed } from '../src/index.ts'
import {
  accountSid,
  authToken,
  formRequest,
  formType,
  genuine,
  getRequest,
  handshakeRequest,
  jsonRequest,
  naiveJoin,
  options,
  origin,
  otherSid,
  otherToken,
  outcome,
  params,
  sha256,
  sign,
  urlSigned,
  withHeaders,
} from './requests.ts'

describe('accepted requests', () => {
  test('a receiver that changes its verdict does not change the next one', async () => {
    const { verify } = createVerifier(options)
    const first = await verify(genuine)
    if (first.ok) Object.assign(first.matched.key, { kind: 'changed', index: 7 })
    expect(await verify(genuine)).toMatchObject({ ok: true, matched: { key: { kind: 'auth_token', index: 0 } } })
  })

  test('a form', async () => {
    const verdict = await createVerifier(options).verify(genuine)
    expect(verdict).toMatchObject({
      ok: true,
      covers: 'params',
      accountSid: undefined,
      matched: { key: { kind: 'auth_token', index: 0 }, algorithm: 'HMAC_SHA1', url: `${origin}/sms` },
      delivery: undefined,
    })
    if (!verdict.ok) return
    expect([...verdict.params]).toEqual(params)
    expect(new TextDecoder().decode(verdict.body)).toBe(genuine.body)
    expect(() => verdict.json()).toThrow(SyntaxError)
    expect(await verdict.confirm()).toBeUndefined()
    expect(await verdict.release()).toBeUndefined()
  })

  test('JSON', async () => {
    const verdict = await createVerifier(options).verify(jsonRequest('{"a":[1]}'))
    expect(verdict).toMatchObject({ ok: true, covers: 'body' })
    if (verdict.ok) expect([verdict.json(), [...verdict.params]]).toEqual([{ a: [1] }, []])
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

  test('a body whose bytes change during the check is verified as it was', async () => {
    for (const request of [genuine, jsonRequest('{"a":[1]}')]) {
      const bytes = Buffer.from(String(request.body))
      const deciding = createVerifier(options).verify({ ...request, body: bytes })
      bytes.fill('x')
      const verdict = await deciding
      expect(verdict.ok && new TextDecoder().decode(verdict.body)).toBe(request.body)
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

  test.each([
    ['application/json; charset=utf-8', 'body'],
    ['application/json;charset = "UTF-8"', 'body'],
    ['application/json; charset=utf-7', 'body_unsigned'],
    ['application/json; charset  =  utf-16le', 'body_unsigned'],
    ['application/json; charset="latin1"', 'body_unsigned'],
    ['application/json; charset=utf-8; charset=utf-7', 'body_unsigned'],
    ['application/json; charset=utf-88', 'body_unsigned'],
  ])('JSON with the Content-Type %s: %s', async (type, expected) => {
    expect(await outcome(jsonRequest('{}', { headers: { 'content-type': type } }))).toBe(expected)
  })

  test('a GET with the parameters of its query', async () => {
    const verdict = await createVerifier(options).verify(getRequest({ target: '/v?a=1+2&b=%C3%A9&a=3' }))
    expect(verdict).toMatchObject({ ok: true, covers: 'url' })
    if (verdict.ok)
      expect([...verdict.params]).toEqual([
        ['a', '1 2'],
        ['b', 'é'],
        ['a', '3'],
      ])
  })

  test('headers as a Headers object', async () => {
    const headers = new Headers(genuine.headers as Record<string, string>)
    expect(await outcome({ ...genuine, headers })).toBe('params')
    headers.append('X-Twilio-Signature', sign('x'))
    expect(await outcome({ ...genuine, headers })).toBe('signature_malformed')
  })

  const bodies: [string, IncomingRequest['body']][] = [
    ['bytes', new TextEncoder().encode(genuine.body as string)],
    [
      'a stream',
      (async function* () {
        for (const char of genuine.body as string) yield new TextEncoder().encode(char)
      })(),
    ],
  ]
  for (const [what, body] of bodies)
    test(`a body as ${what}`, async () => {
      expect(await outcome({ ...genuine, body })).toBe('params')
    })

  for (const type of [formType, `${formType}; charset=UTF-8`, `${formType};charset=utf-8`, formType.toUpperCase()])
    test(`the content type ${type}`, async () => {
      expect(await outcome(withHeaders(genuine, { 'content-type': type }))).toBe('params')
    })
})

describe('bodies', () => {
  test('an empty POST is verified by its URL, also with the hash of an empty body', async () => {
    expect(await outcome(urlSigned('/sms', {}))).toBe('url')
    expect(await outcome(urlSigned('/sms', { body: '' }, { 'content-type': formType }))).toBe('url')
    expect(await outcome(urlSigned(`/e?bodySHA256=${sha256('')}`, { body: '' }))).toBe('url')
  })

  test('a GET with the hash of another body is refused, except for a regulatory bundle', async () => {
    const hash = `bodySHA256=${sha256('x')}`
    expect(await outcome(getRequest({ target: `/e?${hash}&${hash}` }))).toBe('body_hash_mismatch')
    expect(await outcome(getRequest({ target: `/e?bodySHA256=${sha256('')}` }))).toBe('url')
    expect(await outcome(getRequest({ target: `/e?${hash}&${hash}&AccountSid=A&BundleSid=B` }))).toBe('url')
    expect(await outcome(getRequest({ target: `/e?${hash}&AccountSid=A` }))).toBe('body_hash_mismatch')
    expect(await outcome(getRequest({ target: `/e?${hash}&BundleSid=B` }))).toBe('body_hash_mismatch')
  })

  test('bodySHA256 in the query of a handshake is ignored', async () => {
    const target = `/media?bodySHA256=${sha256('x')}`
    expect(await outcome(handshakeRequest(target, `wss://api.example.com${target}`))).toBe('url')
  })

  test('a form with a hash in its URL is verified by its parameters', async () => {
    expect(await outcome(formRequest(params, { target: `/e?bodySHA256=${sha256('x')}` }))).toBe('params')
  })

  test('a signed JSON request is not accepted as a form', async () => {
    const json = jsonRequest('{"a":1}')
    expect(await outcome(withHeaders(json, { 'content-type': formType }))).toBe('signature_mismatch')
  })

  test('a captured GET is not accepted as a POST with a body', async () => {
    const get = getRequest({ target: '/sms' })
    for (const type of [formType, 'application/json', 'text/plain', 'multipart/form-data; boundary=x', undefined])
      expect(
        await outcome({ ...withHeaders(get, { 'content-type': type }), method: 'POST', body: 'Body=evil' }),
      ).toMatch(/^(signature_mismatch|body_unsigned)$/)
  })

  test('later changes of the bytes have no effect', async () => {
    const body = new TextEncoder().encode(genuine.body as string)
    const pending = createVerifier({ ...options, authToken: async () => authToken }).verify({ ...genuine, body })
    body.fill(0x41)
    const verdict = await pending
    expect(verdict).toMatchObject({ ok: true })
    if (verdict.ok) expect([...verdict.params]).toEqual(params)
  })
})

describe('the order of the checks', () => {
  const early: [string, IncomingRequest][] = [
    ['a wrong method', { ...genuine, method: 'PUT' }],
    ['no signature', withHeaders(genuine, { 'x-twilio-signature': undefined })],
    ['a malformed signature', withHeaders(genuine, { 'x-twilio-signature': 'x' })],
    ['malformed settings', withHeaders(genuine, { 'x-twilio-webhooks-signature-settings': 'x' })],
    ['an unknown algorithm', withHeaders(genuine, { 'x-twilio-webhooks-signature-settings': 'key=a,algorithm=b' })],
    ['a malformed target', { ...genuine, url: 'sms' }],
    ['a compressed body', withHeaders(genuine, { 'content-encoding': 'br' })],
    ['a body that announces too many bytes', withHeaders(genuine, { 'content-length': '99999999' })],
  ]
  for (const [what, request] of early)
    test(`${what} is refused before the body is read and a key is looked up`, async () => {
      const next = vi.fn()
      const lookup = vi.fn(() => authToken)
      const body = { [Symbol.asyncIterator]: () => ({ next }) }
      expect((await createVerifier({ ...options, authToken: lookup }).verify({ ...request, body })).ok).toBe(false)
      expect(next).not.toHaveBeenCalled()
      expect(lookup).not.toHaveBeenCalled()
    })

  test('no key is looked up for a refused body', async () => {
    const lookup = vi.fn(() => authToken)
    const given = { authToken: lookup, maxBodyBytes: 30 }
    for (const body of ['a=%zz', 'x'.repeat(31)]) await outcome({ ...genuine, body }, given)
    await outcome({ ...getRequest(), body: 'x' }, given)
    expect(lookup).not.toHaveBeenCalled()
  })
})

test('a foreign account beside all allowed ones is refused', async () => {
  const verifier = createVerifier({ ...options, allowedAccounts: [accountSid, otherSid] })
  const both: [string, string][] = [
    ['AccountSid', accountSid],
    ['AccountSid', otherSid],
  ]
  expect(await verifier.verify(formRequest(both))).toMatchObject({ ok: true })
  const foreign: [string, string] = ['AccountSid', `AC${'2c'.repeat(16)}`]
  expect(await verifier.verify(formRequest([...both, foreign]))).toMatchObject({ code: 'account_not_allowed' })
})

test('an asynchronous rule for the hosts is awaited', async () => {
  const publicUrl = fromRequest({ allowedHosts: async (host) => host === 'api.example.com' })
  const verifier = createVerifier({ authToken, publicUrl })
  const target = '/sms'
  const signed = formRequest(params, { signature: sign(`http://api.example.com${target}${naiveJoin(params)}`) })
  expect(await verifier.verify(signed)).toMatchObject({ ok: true })
})

test('a verifier says if it reserves deliveries, so that an adapter knows what to release', () => {
  const replay = { reserve: async () => ({ delivery: 'first' as const }) }
  expect(createVerifier(options).reserves).toBe(false)
  expect(createVerifier({ ...options, replay }).reserves).toBe(true)
})
