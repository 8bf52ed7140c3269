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

interface Connection {
  readonly socket: Socket
  write(bytes: string | Buffer): void
  /**
   * Reads the next answer. Rejects if the connection ends without one. An answer to HEAD has no
   * body, even if it declares a length.
   */
  read(method?: string): Promise<Answer>
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
  return {
    socket,
    closed,
    write: (bytes) => void socket.write(bytes),
    async read(method) {
      const timer = setTimeout(() => socket.destroy(), readPatience())
      try {
        for (;;) {
          const parsed = parseAnswer(buffer, ended, method)
          if (parsed !== undefined) {
            buffer = buffer.subarray(parsed.length)
            if (parsed.answer.status >= 200 || parsed.answer.status === 101) return parsed.answer
          } else if (ended) throw new Error('the connection ended without an answer')
          else
            await new Promise<void>((resolve) => {
              wake = resolve
            })
        }
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

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

function parseAnswer(buffer: Buffer, ended: boolean, method?: string): { answer: Answer; length: number } | undefined {
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
  const body = bodyless ? { text: '', length: 0 } : readContent(rest, headers, ended)
  return body && { answer: { status, headers, body: body.text }, length: start + body.length }
}

function readContent(
  rest: Buffer,
  headers: Readonly<Record<string, string>>,
  ended: boolean,
): { text: string; length: number } | undefined {
  if (headers['transfer-encoding'] === 'chunked') return readChunks(rest)
  const declared = headers['content-length']
  const length = declared === undefined ? (ended ? rest.length : Number.POSITIVE_INFINITY) : Number(declared)
  return rest.length < length ? undefined : { text: rest.subarray(0, length).toString(), length }
}

function readChunks(rest: Buffer): { text: string; length: number } | undefined {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const line = rest.indexOf('\r\n', at)
    if (line === -1) return undefined
    const size = Number.parseInt(rest.subarray(at, line).toString(), 16)
    if (rest.length < line + 4 + size) return undefined
    parts.push(rest.subarray(line + 2, line + 2 + size))
    at = line + 4 + size
    if (size === 0) return { text: Buffer.concat(parts).toString(), length: at }
  }
}
