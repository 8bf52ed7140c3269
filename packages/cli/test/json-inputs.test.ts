import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../src/exit.ts'
import { isHar, parseCapture, parseHar } from '../src/inputs/json-inputs.ts'

const signed = { name: 'X-Twilio-Signature', value: 'AAAA=' }
const entry = (request: object) => ({
  request: { method: 'POST', url: 'https://e.com/sms?a=1', headers: [signed], ...request },
})
const har = (...requests: object[]) => ({ log: { entries: requests.map(entry) } })
const bodyOf = (value: unknown, number?: number) => Buffer.from(parseHar(value, number).body ?? []).toString('utf8')

describe('a HAR file', () => {
  test('reads its only entry', () => {
    expect(parseHar(har({ postData: { text: 'a=1' } }), undefined)).toMatchObject({
      method: 'POST',
      url: 'https://e.com/sms?a=1',
      headers: [['X-Twilio-Signature', 'AAAA=']],
    })
    expect(bodyOf(har({ postData: { text: 'a=%201' } }))).toBe('a=%201')
    expect(bodyOf(har({ postData: { text: 'YT0x', encoding: 'base64' } }))).toBe('a=1')
  })

  test('reads a body in parameters, as sent or decoded', () => {
    const mimeType = 'application/x-www-form-urlencoded'
    expect(bodyOf(har({ postData: { mimeType, params: [{ name: 'Body', value: 'a%20b' }] } }))).toBe('Body=a%20b')
    expect(bodyOf(har({ postData: { mimeType, params: [{ name: 'Body', value: 'a b&c' }] } }))).toBe('Body=a+b%26c')
    // From Charles and others, which decode: the plus of a number is no space.
    const decoded = [
      { name: 'From', value: '+15551230001' },
      { name: 'Body', value: '50%25' },
    ]
    expect(bodyOf(har({ postData: { mimeType, params: decoded.slice(0, 1) } }))).toBe('From=%2B15551230001')
    expect(bodyOf(har({ postData: { mimeType, params: [{ name: 'To', value: 'whatsapp:+1555' }] } }))).toBe(
      'To=whatsapp%3A%2B1555',
    )
    expect(bodyOf(har({ postData: { mimeType, params: [...decoded, { name: 'a', value: 'é' }] } }))).toBe(
      'From=%2B15551230001&Body=50%2525&a=%C3%A9',
    )
    const sent = [
      { name: 'From', value: '%2B15551230001' },
      { name: 'Body', value: '+1+more' },
    ]
    expect(bodyOf(har({ postData: { mimeType, params: sent } }))).toBe('From=%2B15551230001&Body=+1+more')
    expect(bodyOf(har({ postData: { mimeType, params: [{ name: 'Body', value: 'a+b' }] } }))).toBe('Body=a+b')
  })

  test('reads the chosen entry of several, or lists them without their queries', () => {
    const several = har(
      { postData: { text: 'a=1' } },
      { url: 'https://e.com/two?Body=private', postData: { text: 'b=2' } },
    )
    expect(bodyOf(several, 2)).toBe('b=2')
    expect(() => parseHar(several, undefined)).toThrow(
      /--entry N:\n {2}1 {2}POST https:\/\/e.com\/sms\?… {2}\(has X-Twilio-Signature\)/,
    )
    expect(() => parseHar(several, undefined)).not.toThrow(/private/)
    expect(() => parseHar(several, 3)).toThrow('--entry: the HAR file has 2 entries.')
  })

  test('other JSON is refused', () => {
    for (const value of [
      null,
      {},
      { log: {} },
      { log: { entries: [] } },
      { log: { entries: [{}] } },
      har({ headers: 'x' }),
    ])
      expect(() => parseHar(value, undefined)).toThrow(UsageError)
    expect(() =>
      bodyOf(har({ postData: { mimeType: 'multipart/form-data', params: [{ name: 'a', value: 'b' }] } })),
    ).toThrow(/multipart/)
  })
})

describe('a capture', () => {
  test('has headers as an object or as pairs, and a body as text or Base64', () => {
    const headers: [string, string][] = [['A', 'b']]
    const request = { method: 'POST', url: 'https://e.com/' }
    expect(parseCapture({ ...request, headers: { A: 'b' }, body: 'x' })).toEqual({
      ...request,
      headers,
      body: Buffer.from('x'),
    })
    expect(parseCapture({ ...request, headers, bodyBase64: 'eA==' })).toEqual({
      ...request,
      headers,
      body: Buffer.from('x'),
    })
    expect(parseCapture({ ...request, headers, body: { From: '+1' } })).toMatchObject({ parsed: { From: '+1' } })
    expect(parseCapture({ ...request, headers, body: {} })).toEqual({ ...request, headers, body: undefined })
    expect(parseCapture({ ...request, headers: { A: ['b', 'c'] } }).headers).toEqual([...headers, ['A', 'c']])
    expect(parseCapture({ ...request, headers: { 'content-length': 3 } }).headers).toEqual([['content-length', '3']])
  })

  test('other JSON is refused', () => {
    const request = { method: 'POST', url: 'https://e.com/' }
    const wrong = [
      null,
      [],
      'x',
      {},
      { ...request, headers: 1 },
      { ...request, headers: [1] },
      { ...request, body: 1 },
      { ...request, body: [1] },
      { ...request, body: { a: 1 }, bodyBase64: 'eA==' },
      { ...request, bodyTruncated: true },
    ]
    for (const value of [
      ...wrong,
      { ...request, bodyBase64: '*' },
      { ...request, body: '', bodyBase64: '' },
      { ...request, url: 'x' },
    ])
      expect(() => parseCapture(value), JSON.stringify(value)).toThrow(UsageError)
  })
})

test('any JSON is a request or a usage error', () => {
  const part = fc.oneof(fc.jsonValue(), fc.constant('https://e.com/'), fc.constant('POST'), fc.constant([['a', 'b']]))
  const request = fc.record(
    { method: part, url: part, headers: part, body: part, bodyBase64: part, postData: part },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), request), (value) => {
      for (const parse of [
        () => parseCapture(value),
        () => parseHar(value, undefined),
        () => parseHar({ log: { entries: [{ request: value }] } }, 1),
      ])
        try {
          expect(parse().method).toBeTypeOf('string')
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      isHar(value)
    }),
    { numRuns: 2000 },
  )
})
