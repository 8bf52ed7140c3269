import { connect, type Socket } from 'node:net'
import type { Signed } from '../kit/draft.ts'
import { readPatience } from './patience.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A request as lines, so that a test can send requests that no HTTP client sends. */
export interface RawRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: string | Uint8Array
}

export function toRaw(signed: Signed, more: RawRequest['headers'] = []): RawRequest {
  const headers = [...Object.entries(signed.headers), ...more]
  return { method: signed.method, target: signed.url, headers, ...(signed.body !== undefined && { body: signed.body }) }
}

/** Returns the bytes of a request. Adds Content-Length if no header gives the length. */
export function writeRequest({ method, target, headers, body }: RawRequest): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body ?? [])
  const isFramed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
  const isNeeded = bytes.length > 0 || method === 'POST'
  const length = !isFramed && isNeeded ? [['content-length', String(bytes.length)] as const] : []
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), bytes])
}

/** What `parse` found at the start of some bytes, and how many of them it takes. */
interface Parsed<T> {
  readonly value: T
  readonly length: number
}

export interface Connection {
  readonly socket: Socket
  write(bytes: string | Buffer): void
  /**
   * Reads the next answer. Rejects if the connection ends without one. An answer to HEAD has no
   * body, even if it declares a length.
   */
  read(method?: string): Promise<Answer>
  /** Reads other bytes, such as a frame of a WebSocket. `undefined` means that more are needed. */
  readWith<T>(parse: (bytes: Buffer, ended: boolean) => Parsed<T> | undefined): Promise<T>
  /** True if it is open, and the server has sent nothing that was not read. */
  isIdle(): boolean
  readonly closed: Promise<void>
}

/** Opens a connection on which a test reads every answer. */
export function openConnection(port: number): Connection {
  const socket = connect(port, '127.0.0.1')
  let buffer = Buffer.alloc(0)
  let ended = false
  let wake: (() => void) | undefined
  const change = (): void => wake?.()
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk])
    change()
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      ended = true
      change()
      resolve()
    })
  })
  const readWith: Connection['readWith'] = async (parse) => {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      socket.destroy()
    }, readPatience())
    try {
      for (;;) {
        const parsed = parse(buffer, ended)
        if (parsed !== undefined) {
          buffer = buffer.subarray(parsed.length)
          return parsed.value
        }
        if (ended) throw new Error(isLate ? tooLate : 'the connection ended without an answer')
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    socket,
    closed,
    write: (bytes) => void socket.write(bytes),
    readWith,
    isIdle: () => !ended && buffer.length === 0,
    async read(method) {
      for (;;) {
        const answer = await readWith((bytes, isEnded) => parseAnswer(bytes, isEnded, method))
        if (answer.status >= 200 || answer.status === 101) return answer
      }
    },
  }
}

/** The message of the error if a server keeps a connection open and does not answer. */
export const tooLate = 'there was no answer in time'

/** Sends one request on a new connection, and returns the answer. */
export async function send(port: number, request: RawRequest | Buffer): Promise<Answer> {
  const connection = openConnection(port)
  connection.write(Buffer.isBuffer(request) ? request : writeRequest(request))
  try {
    return await connection.read(Buffer.isBuffer(request) ? undefined : request.method)
  } finally {
    connection.socket.destroy()
  }
}

export function parseAnswer(buffer: Buffer, ended: boolean, method?: string): Parsed<Answer> | undefined {
  const end = buffer.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [first = '', ...lines] = buffer.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const status = Number(first.split(' ')[1])
  const start = end + 4
  const rest = buffer.subarray(start)
  const bodyless = method === 'HEAD' || status < 200 || status === 204 || status === 304
  const body = bodyless ? { value: '', length: 0 } : readContent(rest, headers, ended)
  return body && { value: { status, headers, body: body.value }, length: start + body.length }
}

function readContent(
  rest: Buffer,
  headers: Readonly<Record<string, string>>,
  ended: boolean,
): Parsed<string> | undefined {
  if (headers['transfer-encoding'] === 'chunked') return readChunks(rest)
  const declared = headers['content-length']
  const length = declared === undefined ? (ended ? rest.length : Number.POSITIVE_INFINITY) : Number(declared)
  return rest.length < length ? undefined : { value: rest.subarray(0, length).toString(), length }
}

function readChunks(rest: Buffer): Parsed<string> | undefined {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const line = rest.indexOf('\r\n', at)
    if (line === -1) return undefined
    const size = Number.parseInt(rest.subarray(at, line).toString(), 16)
    if (rest.length < line + 4 + size) return undefined
    parts.push(rest.subarray(line + 2, line + 2 + size))
    at = line + 4 + size
    if (size === 0) return { value: Buffer.concat(parts).toString(), length: at }
  }
}
