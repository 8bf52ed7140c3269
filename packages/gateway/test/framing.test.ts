import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatRequest, type Started, sendRaw, signSms, startGateway, startUpstream, type Upstream } from './support.ts'

let upstream: Upstream
let gateway: Started

beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startGateway(upstream.url)
})

afterAll(async () => {
  await gateway.close({ graceMs: 0 })
  await upstream.close()
})

const signed = signSms()
const length = Buffer.byteLength(signed.body)
const fields = Object.entries(signed.headers)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')
const line = 'POST /sms HTTP/1.1\r\n'
const hex = length.toString(16)
const chunked = `${hex}\r\n${signed.body}\r\n0\r\n\r\n`
const withLength = `Content-Length: ${length}\r\n`
const withChunks = 'Transfer-Encoding: chunked\r\n'

/** Genuine requests with wrong framing. */
const refused: Readonly<Record<string, string>> = {
  'two equal lengths': `${line}${fields}${withLength}${withLength}\r\n${signed.body}`,
  'two different lengths': `${line}${fields}${withLength}Content-Length: 0\r\n\r\n${signed.body}`,
  'a list of lengths': `${line}${fields}Content-Length: ${length}, ${length}\r\n\r\n${signed.body}`,
  'a signed length': `${line}${fields}Content-Length: +${length}\r\n\r\n${signed.body}`,
  'a hexadecimal length': `${line}${fields}Content-Length: 0x${hex}\r\n\r\n${signed.body}`,
  'an empty length': `${line}${fields}Content-Length:\r\n\r\n${signed.body}`,
  'white space before the colon of the length': `${line}${fields}Content-Length : ${length}\r\n\r\n${signed.body}`,
  'a length before chunked': `${line}${fields}${withLength}${withChunks}\r\n${chunked}`,
  'chunked before a length': `${line}${fields}${withChunks}${withLength}\r\n${chunked}`,
  'chunked twice as a coding': `${line}${fields}${withChunks}${withChunks}\r\n${chunked}`,
  'chunked after gzip': `${line}${fields}Transfer-Encoding: gzip, chunked\r\n\r\n${chunked}`,
  'chunked before identity': `${line}${fields}Transfer-Encoding: chunked, identity\r\n\r\n${chunked}`,
  'an unknown coding': `${line}${fields}Transfer-Encoding: xchunked\r\n\r\n${chunked}`,
  'a coding after a vertical tab': `${line}${fields}Transfer-Encoding:\x0bchunked\r\n\r\n${chunked}`,
  'chunked with HTTP/1.0': `POST /sms HTTP/1.0\r\n${fields}${withChunks}\r\n${chunked}`,
  'a coding with an underscore': `${line}${fields}Transfer_Encoding: chunked\r\n${withLength}\r\n${signed.body}`,
  'a length with an underscore': `${line}${fields}Content_Length: 0\r\n${withLength}\r\n${signed.body}`,
  'a chunk size with a sign': `${line}${fields}${withChunks}\r\n+${chunked}`,
  'a chunk size with 0x': `${line}${fields}${withChunks}\r\n0x${chunked}`,
  'a chunk size after a space': `${line}${fields}${withChunks}\r\n ${chunked}`,
  'a chunk size before a space': `${line}${fields}${withChunks}\r\n${chunked.replace('\r', ' \r')}`,
  'a missing chunk size': `${line}${fields}${withChunks}\r\n\r\n${signed.body}\r\n0\r\n\r\n`,
  'a chunk size beyond 64 bits': `${line}${fields}${withChunks}\r\nfffffffffffffffff${chunked}`,
  'a chunk longer than its size': `${line}${fields}${withChunks}\r\n${hex}\r\n${signed.body}x\r\n0\r\n\r\n`,
  'a chunk size that ends in a bare LF': `${line}${fields}${withChunks}\r\n${chunked.replace('\r\n', '\n')}`,
  'a chunk extension that ends in a bare LF': `${line}${fields}${withChunks}\r\n${chunked.replace('\r\n', ';a\n')}`,
  'a length in the trailers': `${line}${fields}${withChunks}\r\n${hex}\r\n${signed.body}\r\n0\r\nContent-Length: 1\r\n\r\n`,
  'obsolete folding with a space': `${line}${fields}X-A: a\r\n b\r\n${withLength}\r\n${signed.body}`,
  'obsolete folding with a tab': `${line}${fields}X-A: a\r\n\tb\r\n${withLength}\r\n${signed.body}`,
  'obsolete folding of a coding': `${line}${fields}Transfer-Encoding:\r\n chunked\r\n\r\n${chunked}`,
  'a folded line after the request line': `${line} X-A: a\r\n${fields}${withLength}\r\n${signed.body}`,
  'a bare LF after a field': `${line}X-A: a\n${fields}${withLength}\r\n${signed.body}`,
  'a bare LF after the request line': `POST /sms HTTP/1.1\n${fields}${withLength}\r\n${signed.body}`,
  'a bare LF as the empty line': `${line}${fields}${withLength}\n${signed.body}`,
  'a bare CR in a field': `${line}X-A: a\rb\r\n${fields}${withLength}\r\n${signed.body}`,
  'a NUL in a field': `${line}X-A: a\0b\r\n${fields}${withLength}\r\n${signed.body}`,
  'a field without a colon': `${line}X-A\r\n${fields}${withLength}\r\n${signed.body}`,
  'a field without a name': `${line}: a\r\n${fields}${withLength}\r\n${signed.body}`,
  'two hosts': `${line}Host: other.example.com\r\n${fields}${withLength}\r\n${signed.body}`,
  'a missing host': `${line}${fields.replace(/^host: .*\r\n/im, '')}${withLength}\r\n${signed.body}`,
  ...Object.fromEntries(
    ['a/b', 'a?tenant=evil&x=', 'a#', 'a\\b', 'u@h', ''].map((host) => [
      `A10 the host "${host}"`,
      `${line}${fields.replace(/^host: .*\r\n/im, `Host: ${host}\r\n`)}${withLength}\r\n${signed.body}`,
    ]),
  ),
  'HTTP/2.0': `POST /sms HTTP/2.0\r\n${fields}${withLength}\r\n${signed.body}`,
  'HTTP/0.9': 'GET /sms\r\n\r\n',
  'an absolute target': `POST http://api.example.com/sms HTTP/1.1\r\n${fields}${withLength}\r\n${signed.body}`,
  'an absolute target elsewhere': `POST http://169.254.169.254/latest HTTP/1.1\r\n${fields}${withLength}\r\n${signed.body}`,
  'a target with a fragment': `POST /sms#x HTTP/1.1\r\n${fields}${withLength}\r\n${signed.body}`,
  'an asterisk target': `OPTIONS * HTTP/1.1\r\n${fields}\r\n`,
  'a target with a space': `POST /sms x HTTP/1.1\r\n${fields}${withLength}\r\n${signed.body}`,
  'a target with a raw byte beyond ASCII': `POST /sms\xe9 HTTP/1.1\r\n${fields}${withLength}\r\n${signed.body}`,
}

for (const [what, bytes] of Object.entries(refused))
  test(`${what} is answered 400 and does not reach the upstream`, async () => {
    const answer = await sendRaw(gateway.port, Buffer.from(bytes, 'latin1'))
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(upstream.seen).toEqual([])
  })

const served: Readonly<Record<string, string>> = {
  'a length': `${line}${fields}${withLength}Connection: close\r\n\r\n${signed.body}`,
  chunks: `${line}${fields}${withChunks}Connection: close\r\n\r\n${chunked}`,
  'chunks with extensions': `${line}${fields}${withChunks}Connection: close\r\n\r\n${chunked.replace('\r', ';a=b\r')}`,
  'HTTP/1.0': `POST /sms HTTP/1.0\r\n${fields}${withLength}\r\n${signed.body}`,
}

for (const [what, bytes] of Object.entries(served))
  test(`a request with ${what} is forwarded with a length`, async () => {
    const answer = await sendRaw(gateway.port, Buffer.from(bytes, 'latin1'))
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    const seen = upstream.seen.pop()
    expect(seen?.body.toString()).toBe(signed.body)
    expect(seen?.headers['content-length']).toBe(String(length))
    expect(seen?.headers['transfer-encoding']).toBeUndefined()
  })

test('trailers of a request are dropped', async () => {
  const trailers = 'Tollgate-Verified: url\r\nX-Late: 1\r\n'
  const bytes = `${line}${fields}${withChunks}Trailer: X-Late\r\nConnection: close\r\n\r\n${hex}\r\n${signed.body}\r\n0\r\n${trailers}\r\n`
  expect(await sendRaw(gateway.port, Buffer.from(bytes, 'latin1'))).toMatch(/^HTTP\/1\.1 200 /)
  const seen = upstream.seen.pop()
  expect(seen?.headers).not.toHaveProperty('x-late')
  expect(seen?.headers).not.toHaveProperty('trailer')
  expect(seen?.headers['tollgate-verified']).toBe('params')
})

test('bytes after a body are read as another request, which is unsigned and refused', async () => {
  const smuggled = 'GET /admin HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n'
  const answer = await sendRaw(gateway.port, Buffer.from(`${formatRequest(signed)}${smuggled}`))
  expect(answer.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403'])
  expect(upstream.seen.splice(0).map(({ target }) => target)).toEqual(['/sms'])
})
