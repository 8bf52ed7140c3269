import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RecordedRequest, RequestError, readRequests } from '../src/requests/index.ts'

const signed = { name: 'X-Twilio-Signature', value: 'AAAA=' }
const entry = (request: object) => ({
  request: { method: 'POST', url: 'https://e.com/sms?a=1', headers: [signed], ...request },
})
const har = (...requests: object[]) => ({ log: { entries: requests.map(entry) } })
/** Reads an entry. @throws RequestError */
function readEntry(form: 'har' | 'capture', value: unknown, number = 1): RecordedRequest {
  const entry = readRequests(JSON.stringify(value) ?? '', { form }).requests[number - 1]
  if (entry === undefined || entry instanceof RequestError) throw entry ?? new RequestError('it has no entries')
  return entry
}
const readHar = (value: unknown, number?: number) => readEntry('har', value, number)
const readCapture = (value: unknown) => readEntry('capture', value)
const bodyOf = (value: unknown, number?: number) => Buffer.from(readHar(value, number).body ?? []).toString('utf8')

describe('a HAR file', () => {
  test('reads its only entry', () => {
    expect(readHar(har({ postData: { text: 'a=1' } }))).toMatchObject({
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

  test('reads each entry of several, and names the one that cannot be read', () => {
    const several = har({ postData: { text: 'a=1' } }, { postData: { text: 'b=2' } })
    expect(bodyOf(several, 2)).toBe('b=2')
    several.log.entries.splice(1, 0, entry({ headers: 'x' }))
    expect(() => readHar(several, 2)).toThrow('The text, entry 2: "headers" must be an object, or a list')
    expect(bodyOf(several, 3)).toBe('b=2')
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
      expect(() => readHar(value)).toThrow(RequestError)
    expect(() =>
      bodyOf(har({ postData: { mimeType: 'multipart/form-data', params: [{ name: 'a', value: 'b' }] } })),
    ).toThrow(/multipart/)
  })
})

describe('a capture', () => {
  test('has headers as an object or as pairs, and a body as text or Base64', () => {
    const headers: [string, string][] = [['A', 'b']]
    const request = { method: 'POST', url: 'https://e.com/' }
    expect(readCapture({ ...request, headers: { A: 'b' }, body: 'x' })).toEqual({
      ...request,
      headers,
      body: new Uint8Array([0x78]),
    })
    expect(readCapture({ ...request, headers, bodyBase64: 'eA==' })).toEqual({
      ...request,
      headers,
      body: new Uint8Array([0x78]),
    })
    expect(readCapture({ ...request, headers, body: { From: '+1' } })).toMatchObject({ parsedBody: { From: '+1' } })
    expect(readCapture({ ...request, headers, body: {} })).toEqual({ ...request, headers })
    expect(readCapture({ ...request, headers: { A: ['b', 'c'] } }).headers).toEqual([...headers, ['A', 'c']])
    expect(readCapture({ ...request, headers: { 'content-length': 3 } }).headers).toEqual([['content-length', '3']])
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
      { ...request, body: { a: 1 }, bodyBase64: 'eA==' },
    ]
    for (const value of [
      ...wrong,
      { ...request, bodyBase64: '*' },
      { ...request, body: '', bodyBase64: 'eA==' },
      { ...request, url: 'x' },
    ])
      expect(() => readCapture(value), JSON.stringify(value)).toThrow(RequestError)
  })
})

test('any JSON is a request or a refusal', () => {
  const part = fc.oneof(fc.jsonValue(), fc.constant('https://e.com/'), fc.constant('POST'), fc.constant([['a', 'b']]))
  const request = fc.record(
    { method: part, url: part, headers: part, body: part, bodyBase64: part, postData: part },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), request), (value) => {
      for (const parse of [
        () => readCapture(value),
        () => readHar(value),
        () => readHar({ log: { entries: [{ request: value }] } }),
      ])
        try {
          expect(parse().method).toBeTypeOf('string')
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError)
        }
    }),
    { numRuns: 2000 },
  )
})
