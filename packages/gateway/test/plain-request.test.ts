import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPlainRequest } from '../src/caller/plain-request.ts'
import { readHead } from '../src/request-head.ts'
import { type NodesReading, readByNode } from './read-by-node.ts'
import { signSms, toBytes } from './support.ts'

const plain = Buffer.from(toBytes(signSms()), 'latin1')
const line = 'POST /sms HTTP/1.1\r\n'
const host = 'Host: api.example.com\r\n'

test('a form post as Twilio sends it is plain, and so are a GET and an empty body', () => {
  expect(readPlainRequest(plain)).toMatchObject({ method: 'POST', target: '/sms', mayStay: true })
  expect(readPlainRequest(Buffer.from(`GET /a?b="{|}" HTTP/1.1\r\n${host}\r\n`))?.target).toBe('/a?b="{|}"')
  expect(readPlainRequest(Buffer.from(`${line}${host}Content-Length: 0\r\n\r\n`))?.body).toHaveLength(0)
  expect(readPlainRequest(Buffer.from(`GET / HTTP/1.1\r\n${host}Connection: CLOSE\r\n\r\n`))?.mayStay).toBe(false)
  expect(readPlainRequest(Buffer.from(`GET / HTTP/1.1\r\n${host}Connection: Keep-Alive\r\n\r\n`))?.mayStay).toBe(true)
})

const other: Readonly<Record<string, string>> = {
  nothing: '',
  'half a head': `${line}${host}Content-Length: 1\r\n`,
  'half a body': `${line}${host}Content-Length: 3\r\n\r\nab`,
  'more than a body': `${line}${host}Content-Length: 1\r\n\r\nab`,
  'another request behind it': `GET / HTTP/1.1\r\n${host}\r\nGET / HTTP/1.1\r\n${host}\r\n`,
  'a body without a length': `${line}${host}\r\nab`,
  'a POST without a length': `${line}${host}\r\n`,
  'a GET with a body and no length': `GET / HTTP/1.1\r\n${host}\r\nab`,
  'two lengths': `${line}${host}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`,
  'a length with a zero before it': `${line}${host}Content-Length: 01\r\n\r\na`,
  'a length with a sign': `${line}${host}Content-Length: +1\r\n\r\na`,
  'a length with an underscore': `${line}${host}Content_Length: 1\r\nContent-Length: 1\r\n\r\na`,
  chunks: `${line}${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunks and a length': `${line}${host}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
  'an upgrade': `GET / HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  'an expectation': `${line}${host}Expect: 100-continue\r\nContent-Length: 1\r\n\r\na`,
  'a list of connection options': `GET / HTTP/1.1\r\n${host}Connection: close, x\r\n\r\n`,
  'two connection fields': `GET / HTTP/1.1\r\n${host}Connection: close\r\nConnection: close\r\n\r\n`,
  'no host': 'GET / HTTP/1.1\r\nX-A: a\r\n\r\n',
  'no field at all': 'GET / HTTP/1.1\r\n\r\n',
  'two hosts': `GET / HTTP/1.1\r\n${host}${host}\r\n`,
  'an empty value': `GET / HTTP/1.1\r\n${host}X-A: \r\n\r\n`,
  'no space before a value': `GET / HTTP/1.1\r\n${host}X-A:a\r\n\r\n`,
  'two spaces before a value': `GET / HTTP/1.1\r\n${host}X-A:  a\r\n\r\n`,
  'a space behind a value': `GET / HTTP/1.1\r\n${host}X-A: a \r\n\r\n`,
  'a tab in a value': `GET / HTTP/1.1\r\n${host}X-A: a\tb\r\n\r\n`,
  'a byte beyond ASCII in a value': `GET / HTTP/1.1\r\n${host}X-A: \xe9\r\n\r\n`,
  'a NUL in a value': `GET / HTTP/1.1\r\n${host}X-A: a\0b\r\n\r\n`,
  'a bare CR in a value': `GET / HTTP/1.1\r\n${host}X-A: a\rb\r\n\r\n`,
  'a bare LF between fields': `GET / HTTP/1.1\r\nX-A: a\n${host}\r\n`,
  'a bare LF as the empty line': `GET / HTTP/1.1\r\n${host}\n\r\n\r\n`,
  'a folded line': `GET / HTTP/1.1\r\n${host}X-A: a\r\n b\r\n\r\n`,
  'a space before the colon': `GET / HTTP/1.1\r\n${host}X-A : a\r\n\r\n`,
  'a name with a bracket': `GET / HTTP/1.1\r\n${host}X[A: a\r\n\r\n`,
  'a line without a colon': `GET / HTTP/1.1\r\n${host}X-A\r\n\r\n`,
  'an empty line before it': `\r\nGET / HTTP/1.1\r\n${host}\r\n`,
  'another method': `PUT / HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\n`,
  'a method in small letters': `get / HTTP/1.1\r\n${host}\r\n`,
  'HTTP/1.0': `GET / HTTP/1.0\r\n${host}\r\n`,
  'HTTP/1.10': `GET / HTTP/1.10\r\n${host}\r\n`,
  'an absolute target': `GET http://api.example.com/ HTTP/1.1\r\n${host}\r\n`,
  'an asterisk': `GET * HTTP/1.1\r\n${host}\r\n`,
  'a fragment': `GET /#a HTTP/1.1\r\n${host}\r\n`,
  'a target with a space': `GET /a b HTTP/1.1\r\n${host}\r\n`,
  'a target beyond ASCII': `GET /\xe9 HTTP/1.1\r\n${host}\r\n`,
  'two spaces before the target': `GET  / HTTP/1.1\r\n${host}\r\n`,
  'a head beyond 8 KiB': `GET / HTTP/1.1\r\n${host}X-A: ${'a'.repeat(8192)}\r\n\r\n`,
}

for (const [what, bytes] of Object.entries(other))
  test(`${what} is left to node:http`, () => {
    expect(readPlainRequest(Buffer.from(bytes, 'latin1'))).toBeUndefined()
  })

const token = fc.stringMatching(/^[\w!#$%&'*+\-.^`|~]{1,12}$/)
const visible = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)
const special = fc.constantFrom(
  'Host: a',
  'host: b:1',
  'Content-Length: 1',
  'content-length: 3',
  'Transfer-Encoding: chunked',
  'Connection: close',
  'connection: Keep-Alive',
  'Connection: x-a',
  'Keep-Alive: timeout=5',
  'TE: trailers',
  'Expect: 100-continue',
  'Upgrade: websocket',
  'X-Twilio-Signature: x',
  'x-twilio-signature: y',
  'Content-Type: text/plain',
  'Content-Encoding: gzip',
  'Tollgate-Verified: body',
  'tollgate_verified: body',
  'Transfer_Encoding: chunked',
  'Proxy-Authorization: Basic x',
  'Trailer: x',
)
const field = fc.oneof(
  special,
  fc.tuple(token, visible).map(([name, value]) => `${name}: ${value}`),
)
const target = fc.stringMatching(/^\/[!"$-~]{0,30}$/)
const body = fc.oneof(fc.constant(''), fc.string({ unit: 'binary-ascii', maxLength: 40 }))
const whole = fc
  .tuple(fc.constantFrom('GET', 'POST'), target, fc.array(field, { maxLength: 8 }), body, fc.boolean(), fc.boolean())
  .map(([method, at, fields, content, hasHost, hasLength]) => {
    const own = [
      ...(hasHost ? ['Host: api.example.com'] : []),
      ...(hasLength ? [`Content-Length: ${Buffer.byteLength(content)}`] : []),
    ]
    return Buffer.from(`${[`${method} ${at} HTTP/1.1`, ...own, ...fields].join('\r\n')}\r\n\r\n${content}`, 'latin1')
  })
/** One byte is another, or more, or missing. */
const bent = fc
  .tuple(whole, fc.nat(), fc.nat(255), fc.constantFrom(0, 1), fc.boolean())
  .map(([bytes, at, byte, skip, isBent]) => {
    const place = at % bytes.length
    return isBent ? Buffer.concat([bytes.subarray(0, place), Buffer.from([byte]), bytes.subarray(place + skip)]) : bytes
  })

test('E5: whatever is plain, node:http reads alike: one request, every byte of it', async () => {
  let plainOnes = 0
  await fc.assert(
    fc.asyncProperty(bent, async (bytes) => {
      const request = readPlainRequest(bytes)
      if (request === undefined) return
      plainOnes++
      const { requests, broke } = await readByNode(bytes)
      expect([requests.length, broke]).toEqual([1, false])
      const [{ req, body, mayStay }] = requests as [NodesReading]
      expect([req.method, req.url, mayStay]).toEqual([request.method, request.target, request.mayStay])
      expect(body.equals(request.body)).toBe(true)
      expect(request.head).toEqual(readHead(req.rawHeaders, req.httpVersion))
      expect(request.rawLines).toBe(
        req.rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join(''),
      )
    }),
    { numRuns: 6000 },
  )
  expect(plainOnes).toBeGreaterThan(300)
})
