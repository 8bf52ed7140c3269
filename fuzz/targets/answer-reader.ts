import { type IncomingMessage, request } from 'node:http'
import { Duplex } from 'node:stream'
import type { AnswerHead } from '../../packages/gateway/src/upstream/answer-head.ts'
import { AnswerReader, type Reading } from '../../packages/gateway/src/upstream/answer-reader.ts'
import { check } from './check.ts'

interface Read {
  readonly result: Reading
  readonly heads: readonly AnswerHead[]
  readonly body: string
  /** The end of the piece that completed the answer. */
  readonly end: number
}

/** The most bytes without a result: the limits of a head, of chunk extensions and of trailers. */
const maxSilentBytes = 33 * 1024

/**
 * Tests the gateway's reader of answers and chunks. The first byte of the input chooses the size of
 * the pieces, and whether the answer is to HEAD.
 * - Pieces of any size give the same result as the whole.
 * - If an answer is complete here, `node:http`'s client reads it completely and in the same way.
 * - The reader stays within its limits for an answer of any length.
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

/** Reads in pieces. Like in the gateway, their memory is overwritten. Then the connection ends. */
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
  return { result: reader.head?.length === 'rest' ? 'done' : 'fault', heads, body, end: bytes.length }
}

function isSame(one: Read, other: Read): boolean {
  return one.body === other.body && JSON.stringify(one.heads) === JSON.stringify(other.heads)
}

/** Repeats the end of the input, like an upstream that never finishes. */
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

/** Checks that `node:http` accepts every answer that the gateway accepts, with the same result. */
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

/** Returns the first answer as `node:http` reads it, or the reason why it cannot. */
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
