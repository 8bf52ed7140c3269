import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Params, RequestValidator } from '../src/index.ts'
import { testProperty } from './property.ts'
import { authToken, naiveJoin, otherToken, sha256, sign } from './requests.ts'

const validator = new RequestValidator(authToken)
const url = 'https://example.com/sms?a=1'
const params = { Body: 'Hi  there ', From: '+15551230000' }
const signature = sign(`${url}BodyHi  there From+15551230000`)

describe('validate', () => {
  test('accepts parameters as a record, pairs, URLSearchParams and a Map', () => {
    const forms: Params[] = [
      params,
      Object.entries(params),
      new URLSearchParams(params),
      new Map(Object.entries(params)),
    ]
    for (const form of forms) expect(validator.validate(url, form, signature)).toBe(true)
  })

  test('accepts several tokens during a rotation', () => {
    const both = new RequestValidator([otherToken, authToken])
    expect(both.validate(url, params, signature)).toBe(true)
    expect(both.validate(url, {}, sign(url, otherToken))).toBe(true)
    expect(both.validate(url, {}, sign(url, 'third'))).toBe(false)
  })

  const scalars: [what: string, form: unknown, signed: string, expected: boolean][] = [
    ['numbers', { NumMedia: 0, Digits: [7, '70', 7] }, 'Digits7Digits70NumMedia0', true],
    ['booleans', { Muted: false, Hold: [true] }, 'HoldtrueMutedfalse', true],
    ['no nested object', { A: { b: 1 } }, 'A[object Object]', false],
    ['no object in a list', { A: [{ b: 1 }] }, 'A[object Object]', false],
    ['no list in a list', { A: [[1]] }, 'A1', false],
    ['no null', { A: null }, 'Anull', false],
    ['no undefined', { A: undefined }, 'Aundefined', false],
    ['no bigint', { A: 1n }, 'A1', false],
    ['no number among pairs', [['A', 1]], 'A1', false],
  ]
  test.each(scalars)('parameters may be their text as: %s', (_what, form, signed, expected) => {
    expect(validator.validate(url, form as Params, sign(url + signed))).toBe(expected)
  })

  test('verifies a GET by its URL alone', () => {
    expect(validator.validate(url, {}, sign(url))).toBe(true)
    expect(validator.validate(url, '', sign(url))).toBe(true)
  })

  const signedAs: [what: string, given: string, signed: string, expected: boolean][] = [
    ['a port that was dropped', 'https://example.com:8443/x', 'https://example.com/x', true],
    ['a default port that was added', 'https://example.com/x', 'https://example.com:443/x', true],
    ['port 80 for http', 'http://example.com/x', 'http://example.com:80/x', true],
    ['port 443 for wss', 'wss://example.com/x', 'wss://example.com:443/x', true],
    ['port 80 for ws', 'ws://example.com/x', 'ws://example.com:80/x', true],
    ['not port 80 for https', 'https://example.com/x', 'https://example.com:80/x', false],
    ['not another port', 'https://example.com/x', 'https://example.com:8443/x', false],
    ['userinfo dropped', 'https://u:p@example.com/x', 'https://example.com/x', true],
    ['userinfo kept', 'https://u:p@example.com/x', 'https://u:p@example.com/x', true],
    ['userinfo kept and the port dropped', 'https://u:p@example.com:1/x', 'https://u:p@example.com/x', true],
    ['not another userinfo', 'https://u:p@example.com/x', 'https://u:q@example.com/x', false],
    ['a fragment, which is not signed', 'https://example.com/x#rc=2', 'https://example.com/x', true],
    ['an empty path', 'https://example.com', 'https://example.com/', true],
    ['a slash instead of an empty path', 'https://example.com/', 'https://example.com', true],
    ["' instead of %27", 'https://example.com/?a=it%27s+me', "https://example.com/?a=it's+me", true],
    ["%27 instead of '", "https://example.com/?a=it's+me", 'https://example.com/?a=it%27s+me', true],
    ['not without a trailing slash', 'https://example.com/x/', 'https://example.com/x', false],
    ['not %20 instead of +', 'https://example.com/?a=b+c', 'https://example.com/?a=b%20c', false],
    ['not another order', 'https://example.com/?a=1&b=2', 'https://example.com/?b=2&a=1', false],
    ['not another path case', 'https://example.com/X', 'https://example.com/x', false],
    ['not another host case', 'https://Example.com/x', 'https://example.com/x', false],
    ['the host in the given letter case', 'https://Example.com/x', 'https://Example.com/x', true],
    ['IPv6', 'https://[::1]:8443/x', 'https://[::1]/x', true],
  ]
  for (const [what, given, signed, expected] of signedAs)
    test(what, () => {
      expect(validator.validate(given, {}, sign(signed))).toBe(expected)
    })
})

describe('a raw body', () => {
  const body = '{"a": "é"}'
  const bound = `https://example.com/events?bodySHA256=${sha256(body)}`

  test('is verified by its hash', () => {
    for (const given of [body, new TextEncoder().encode(body), Buffer.from(body)]) {
      expect(validator.validate(bound, given, sign(bound))).toBe(true)
      expect(validator.validate('https://example.com/events', given, sign('https://example.com/events'))).toBe(false)
    }
  })

  test('is refused if it differs', () => {
    for (const given of [`${body} `, '', '{}', new Uint8Array(0), Buffer.from(body, 'latin1')])
      expect(validator.validate(bound, given, sign(bound))).toBe(false)
  })

  test('the text of a form is a raw body, and has no hash', () => {
    const form = new URLSearchParams(params)
    for (const text of [`${form}`, new TextEncoder().encode(`${form}`)])
      expect(validator.validate(url, text, signature)).toBe(false)
    expect(validator.validate(url, form, signature)).toBe(true)
  })

  test('parameters are verified as parameters, even if the URL has a hash', () => {
    expect(validator.validate(bound, { a: '1' }, sign(`${bound}a1`))).toBe(true)
  })

  test('can contain bytes that are not UTF-8', () => {
    const raw = new Uint8Array([0xff, 0, 0x80])
    const signed = `https://example.com/?bodySHA256=${sha256(raw)}`
    expect(validator.validate(signed, raw, sign(signed))).toBe(true)
  })
})

describe('never throws for request input', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withTypedArray: true,
  })
  const near = <T>(value: T) => fc.oneof(anything, fc.constant(value))
  testProperty('any value as any argument', 5000, [near(url), near(params), near(signature)], (one, form, header) => {
    const all = one === url && form === params && header === signature
    expect(validator.validate(one as string, form as Params, header as string)).toBe(all)
  })
})

describe('signed input verifies', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 })
  testProperty(
    'with any parameters and any URL',
    1000,
    [fc.array(fc.tuple(text, text)), fc.webUrl({ withQueryParameters: true })],
    (pairs, one) => {
      expect(validator.validate(one, pairs, sign(one + naiveJoin(pairs)))).toBe(true)
      expect(validator.validate(one, pairs, sign(`${one}x${naiveJoin(pairs)}`))).toBe(false)
    },
  )
})
