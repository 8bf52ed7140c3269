import { type IncomingMessage, request } from 'node:http'
import { Duplex } from 'node:stream'
import type { AnswerHead } from '../../packages/gateway/src/upstream/answer-head.ts'
import { AnswerReader, type Reading } from '../../packages/gateway/src/upstream/answer-reader.ts'
import { check } from './check.ts'

interface Read {
  readonly result: Reading
  readonly heads: readonly AnswerHead[]
  readonly body: string
  /** Where the piece ends that completed it. */
  readonly end: number
}

/** No head and no byte of a body comes out of more bytes than a head and the extensions and trailers of chunks may have. */
const maxSilentBytes = 33 * 1024

/**
 * The gateway's reader of answers and chunks. Its first byte says how the rest is cut, and whether it answers HEAD.
 * - Pieces of any size give what the whole gives.
 * - An answer that is complete here is complete for `node:http`'s client, and the same.
 * - However long an answer goes on, the reader keeps within its bounds.
 */
export async function fuzz(data: Uint8Array): Promise<void> {
  const flags = data[0] ?? 0
  const bytes = Buffer.from(data.subarray(1))
  const isBodiless = (flags & 128) > 0
  const whole = read(bytes, bytes.length, isBodiless)
  const byByte = read(bytes, 1, isBodiless)
  for (const [size, cut] of [
    [1, byByte],
    [(flags & 127) + 2, read(bytes, (flags & 127) + 2, isBodiless)],
  ] as const) {
    check(cut.result === whole.result, `${whole.result} as a whole, ${cut.result} in pieces of ${size}`)
    check(whole.result === 'fault' || isSame(cut, whole), `another answer in pieces of ${size}`)
  }
  checkBounds(bytes, isBodiless)
  if (whole.result === 'done' || whole.result === 'excess')
    await compareWithNode(bytes.subarray(0, byByte.end), isBodiless, whole)
}

/** In pieces, from memory that is overwritten afterwards, as the gateway's is; then the connection ends. */
function read(bytes: Buffer, size: number, isBodiless: boolean): Read {
  const heads: AnswerHead[] = []
  let body = ''
  const reader = new AnswerReader(isBodiless, {
    onHead: (head) => heads.push(head),
    onData(part) {
      body += part.toString('latin1')
    },
  })
  for (let start = 0; start < bytes.length; start += size) {
    const piece = Buffer.from(bytes.subarray(start, start + size))
    const result = reader.read(piece)
    piece.fill(33)
    const end = start + size
    if (result === 'done' && end < bytes.length) return { result: 'excess', heads, body, end }
    if (result !== 'more') return { result, heads, body, end }
  }
  return { result: reader.end(), heads, body, end: bytes.length }
}

function isSame(one: Read, other: Read): boolean {
  return one.body === other.body && JSON.stringify(one.heads) === JSON.stringify(other.heads)
}

/** The end of the input, again and again: an upstream that never comes to the point. */
function checkBounds(bytes: Buffer, isBodiless: boolean): void {
  let silent = 0
  const speak = (): void => {
    silent = 0
  }
  const reader = new AnswerReader(isBodiless, { onHead: speak, onData: speak })
  const tail = bytes.subarray(bytes.length >> 1)
  let piece = bytes
  for (let total = 0; total < 128 * 1024 && piece.length > 0; total += piece.length) {
    silent += piece.length
    if (reader.read(Buffer.from(piece)) !== 'more') return
    check(silent <= maxSilentBytes + piece.length, `${silent} bytes without a result`)
    if (tail.length > 0) piece = tail
  }
}

/** `node:http` accepts more than the gateway does. It must accept all that the gateway does, and read it alike. */
async function compareWithNode(bytes: Buffer, isBodiless: boolean, { heads, body }: Read): Promise<void> {
  const [head] = heads
  check(head !== undefined && heads.length === 1, `${heads.length} heads`)
  const seen = await readByNode(bytes, isBodiless)
  check(typeof seen === 'object', `node:http: ${String(seen)}`)
  check(seen.status === head.status && seen.statusText === head.statusText, 'another status')
  check(seen.body === body, 'another body')
  const hop = /^(connection|keep-alive|proxy-connection|proxy-authenticate|te|trailer|transfer-encoding|upgrade)$/i
  const all = seen.rawHeaders
  const nominated = (seen.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  const kept = all.filter((_, index) => {
    const name = all[index - (index % 2)]?.toLowerCase() ?? ''
    if (name === 'content-length') return head.status !== 204
    return !hop.test(name) && !nominated.includes(name)
  })
  check(JSON.stringify(head.fields) === JSON.stringify(kept), 'other fields')
}

interface NodesReading {
  readonly status: number
  readonly statusText: string
  readonly rawHeaders: readonly string[]
  readonly connection: string | undefined
  readonly body: string
}

/** Its reading of the first answer, or why there is none. */
function readByNode(bytes: Buffer, isBodiless: boolean): Promise<NodesReading | string> {
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  return new Promise((resolve) => {
    const req = request({
      method: isBodiless ? 'HEAD' : 'GET',
      createConnection: () => socket,
      maxHeaderSize: 64 * 1024,
    })
    req.maxHeadersCount = 0
    req.on('error', (error) => resolve(error.message))
    req.on('upgrade', () => resolve('a tunnel'))
    req.on('response', (res: IncomingMessage) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('error', (error) => resolve(error.message))
      res.on('end', () =>
        resolve({
          status: res.statusCode ?? 0,
          statusText: res.statusMessage ?? '',
          rawHeaders: res.rawHeaders,
          connection: res.headers.connection,
          body: Buffer.concat(chunks).toString('latin1'),
        }),
      )
    })
    req.end()
    socket.push(bytes)
    socket.push(null)
  })
}
