import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../src/bytes.ts'
import { RequestError, readRequests } from '../src/requests/index.ts'
import { readRawHttp } from '../src/requests/raw-http.ts'
import { formType } from './requests.ts'

const parse = (text: string, scheme = 'https') => {
  const request = readRawHttp(Buffer.from(text), scheme)
  return { ...request, body: request.body === undefined ? undefined : Buffer.from(request.body).toString('utf8') }
}

const head = 'POST /sms?x=1 HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/x-www-form-urlencoded\r\n'

describe('a raw HTTP request', () => {
  test.each([
    ['CRLF and a Content-Length', `${head}Content-Length: 7\r\n\r\na=1&b=2`],
    ['LF and a line break at the end, as an editor saves it', `${head.replaceAll('\r', '')}\na=1&b=2\n`],
    ['a Content-Length and a line break at the end', `${head}Content-Length: 7\r\n\r\na=1&b=2\n`],
    ['chunks', `${head}Transfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n4;x=y\r\n&b=2\r\n0\r\n\r\n`],
    ['chunks that are already joined', `${head}Transfer-Encoding: chunked\r\n\r\na=1&b=2`],
  ])('with %s', (_what, text) => {
    expect(parse(text)).toMatchObject({ method: 'POST', url: 'https://example.com/sms?x=1', body: 'a=1&b=2' })
  })

  test.each(['a=1\n&b=2\n&c=%0A', 'a=1\r\n  &b=2 \r\n\t&c=%0A\r\n', 'a=1&\nb=2&c=%0A\n\n'])(
    'in a .http file, which has a form in lines: %j',
    (form) => {
      const body = 'a=1&b=2&c=%0A'
      expect(parse(`${head}\r\n${form}`).body).toBe(body)
      expect(parse(`${head}Content-Length: ${body.length}\r\n\r\n${form}`).body).toBe(body)
      expect(parse(`### refused\n# @name sms\n// a comment\n\n${head}\n${form}`).body).toBe(body)
      // Without a version, and with the signature.
      const typed = `POST https://example.com/sms\nX-Twilio-Signature: ${'A'.repeat(27)}=\nContent-Type: ${formType}\n\n${form}`
      expect(readRequests(typed)).toMatchObject({ form: 'raw', requests: [{ body: encodeUtf8(body) }] })
    },
  )

  test('keeps the line ends of a form that has its length, and of other bodies', () => {
    expect(parse(`${head}Content-Length: 8\r\n\r\na=1\n&b=2`).body).toBe('a=1\n&b=2')
    expect(parse('POST /x HTTP/1.1\nContent-Type: text/plain\n\na=1\n&b=2\n').body).toBe('a=1\n&b=2\n')
    for (const part of ['&a=\n', ' ', '&\n', '\n', 'a=&'])
      expect(parse(`${head}\r\n${part.repeat(300_000)}&b=2`).url).toBe('https://example.com/sms?x=1')
  })

  test('with an absolute target, or without a Host', () => {
    expect(parse('GET http://a.example/x HTTP/1.1\nHost: b.example\n\n').url).toBe('http://a.example/x')
    expect(parse('GET /x HTTP/1.0\n\n').url).toBe('/x')
  })

  test('with the scheme from the caller', () => {
    expect(parse('GET /x HTTP/1.1\nHost: b.example:8080', 'http').url).toBe('http://b.example:8080/x')
  })

  test('repeated headers stay repeated', () => {
    const { headers } = parse('GET / HTTP/1.1\nX-Twilio-Signature: a\nX-Twilio-Signature: b\n\n')
    expect(headers).toEqual([
      ['X-Twilio-Signature', 'a'],
      ['X-Twilio-Signature', 'b'],
    ])
  })

  test.each<[name: string, text: string, message: RegExp]>([
    ['no request line', 'hello', /does not begin with a line/],
    ['a response', 'HTTP/1.1 200 OK\n\n', /does not begin with a line/],
    ['a malformed header', 'GET / HTTP/1.1\nnonsense\n\n', /line 2: this is not a header/],
    ['a body that is cut off', 'POST / HTTP/1.1\nContent-Length: 10\n\na=1', /cut off/],
    ['a body that is too long', 'POST / HTTP/1.1\nContent-Length: 1\n\na=1', /continues after its body/],
    ['a malformed target', 'GET example.com HTTP/1.1\n\n', /not absolute/],
    ['a target that would extend the host', 'GET .example HTTP/1.1\nHost: b.example\n\n', /not absolute/],
    ['a target that would replace the host', 'GET @a.example/ HTTP/1.1\nHost: b.example\n\n', /not absolute/],
  ])('is refused with %s', (_name, text, message) => {
    expect(() => parse(text)).toThrow(RequestError)
    expect(() => parse(text)).toThrow(message)
  })
})
