import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'

/** A request as bytes or as pseudo headers, so that it can be one that no client sends. */
export interface WireRequest {
  readonly method: string
  readonly target: string
  /** The Host lines. An HTTP/2 request has the first one as its authority. */
  readonly hosts: readonly string[]
  readonly version?: '1.0' | '1.1'
  /** The scheme of an HTTP/2 request. Default `http`. */
  readonly scheme?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer. `closed` means that the connection ended without one. */
export interface WireAnswer {
  readonly status: number | 'closed' | 'hangs'
  /** After an upgrade to a WebSocket, its first message. */
  readonly body: string
}

export interface Wire {
  send(request: WireRequest): Promise<WireAnswer>
  close(): void
}

const closed: WireAnswer = { status: 'closed', body: '' }
const hangs: WireAnswer = { status: 'hangs', body: '' }

/** A request that has no answer after this time hangs. */
const patience = 10_000

export function showRequest({ method, target, hosts, version = '1.1', scheme, headers = {} }: WireRequest): string {
  const hostLines = hosts.map((host) => `Host: ${JSON.stringify(host)}`).join(', ') || 'no Host'
  const lines = 'upgrade' in headers ? `${hostLines}, Upgrade` : hostLines
  return `${method} ${JSON.stringify(target)} ${scheme === undefined ? `HTTP/${version}` : `:scheme ${scheme}`}, ${lines}`
}

function writeRequest({ method, target, hosts, version = '1.1', headers = {}, body }: WireRequest): Buffer {
  const fields = [
    ...hosts.map((host) => ['Host', host]),
    ...Object.entries(headers),
    ...(version === '1.0' && !('connection' in headers) ? [['Connection', 'keep-alive']] : []),
    ...(body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))]]),
  ]
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.from(`${method} ${target} HTTP/${version}\r\n${lines}\r\n${body ?? ''}`)
}

/** Opens a client that sends one request after the other, on one connection while it lasts. */
export function openWire(port: number, http2 = false): Wire {
  return http2 ? openHttp2(port) : openHttp1(port)
}

function openHttp1(port: number): Wire {
  let connection: Connection | undefined
  return {
    async send(request) {
      const bytes = writeRequest(request)
      // After a refused upgrade, Node.js reads no further request from the connection.
      const isLast = 'upgrade' in (request.headers ?? {})
      const isReused = connection?.isOpen() ?? false
      if (!isReused) connection = openConnection(port)
      const answer = await (connection as Connection).ask(bytes, isLast)
      // The server may have ended a connection that was in use before.
      if (answer.status !== 'closed' || !isReused) return answer
      connection = openConnection(port)
      return connection.ask(bytes, isLast)
    },
    close: () => connection?.socket.destroy(),
  }
}

interface Connection {
  readonly socket: Socket
  isOpen(): boolean
  /** @param isLast True if the connection ends with this answer. */
  ask(bytes: Buffer, isLast: boolean): Promise<WireAnswer>
}

function openConnection(port: number): Connection {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let received: Buffer = Buffer.alloc(0)
  let open = true
  let wake: () => void = () => undefined
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    wake()
  })
  socket.on('error', () => undefined)
  for (const event of ['end', 'close'])
    socket.on(event, () => {
      open = false
      wake()
    })
  return {
    socket,
    isOpen: () => open && received.length === 0,
    async ask(bytes, isLast) {
      socket.write(bytes)
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        wake()
      }, patience)
      try {
        for (;;) {
          const read = readAnswer(received, !open)
          if (read) {
            received = received.subarray(read.length)
            if (isLast || !read.keepsOpen) end()
            return read.answer
          }
          if (!open || isLate) {
            end()
            return isLate ? hangs : closed
          }
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      } finally {
        clearTimeout(timer)
      }
    },
  }
  function end(): void {
    open = false
    socket.destroy()
  }
}

interface Read {
  readonly answer: WireAnswer
  readonly length: number
  readonly keepsOpen: boolean
}

function readAnswer(received: Buffer, isEnded: boolean): Read | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = received.subarray(0, end).toString('latin1')
  const status = Number(head.slice(9, 12))
  if (status < 200 && status !== 101) {
    const rest = readAnswer(received.subarray(end + 4), isEnded)
    return rest && { ...rest, length: rest.length + end + 4 }
  }
  const body = received.subarray(end + 4)
  const declared = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  const isChunked = /\r\ntransfer-encoding: *chunked/i.test(head)
  const keepsOpen = !/\r\nconnection: *close/i.test(head) && (declared !== undefined || isChunked) && !isEnded
  const content = readContent(status, body, isChunked, declared, isEnded)
  return content && { answer: { status, body: content.text }, length: end + 4 + content.length, keepsOpen }
}

interface Content {
  readonly text: string
  readonly length: number
}

function readContent(
  status: number,
  body: Buffer,
  isChunked: boolean,
  declared: string | undefined,
  isEnded: boolean,
): Content | undefined {
  if (status === 101) return readMessage(body) ?? (isEnded ? empty : undefined)
  if (status === 204 || status === 304) return empty
  return isChunked ? readChunks(body) : readLength(body, declared, isEnded)
}

const empty: Content = { text: '', length: 0 }

/** Reads the first frame of a WebSocket (RFC 6455 section 5.2). A server does not mask it. */
function readMessage(bytes: Buffer): Content | undefined {
  if (bytes.length < 4) return undefined
  const isLong = bytes[1] === 126
  const start = isLong ? 4 : 2
  const end = start + (isLong ? bytes.readUInt16BE(2) : (bytes[1] ?? 0))
  if (bytes.length < end) return undefined
  const isText = bytes[0] === 0x81
  return { text: isText ? bytes.subarray(start, end).toString() : '', length: end }
}

function readLength(body: Buffer, declared: string | undefined, isEnded: boolean): Content | undefined {
  if (declared === undefined) return isEnded ? { text: body.toString(), length: body.length } : undefined
  const length = Number(declared)
  return body.length < length ? undefined : { text: body.subarray(0, length).toString(), length }
}

function readChunks(body: Buffer): Content | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const line = body.indexOf('\r\n', at)
    if (line === -1) return undefined
    const size = Number.parseInt(body.subarray(at, line).toString(), 16)
    const end = line + 2 + size
    if (body.length < end + 2) return undefined
    parts.push(body.subarray(line + 2, end))
    at = end + 2
    if (size === 0) return { text: Buffer.concat(parts).toString(), length: at }
  }
}

function openHttp2(port: number): Wire {
  let session: ClientHttp2Session | undefined
  const open = (): ClientHttp2Session => {
    if (session === undefined || session.closed || session.destroyed) {
      session = connectHttp2(`http://127.0.0.1:${port}`)
      session.on('error', () => undefined)
    }
    return session
  }
  return {
    async send({ method, target, hosts: [authority, ...hosts], scheme = 'http', headers = {}, body }) {
      const pseudo = { ':method': method, ':path': target, ':scheme': scheme }
      const addresses = {
        ...(authority !== undefined && { ':authority': authority }),
        ...(hosts[0] !== undefined && { host: hosts[0] }),
      }
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const stream = open().request({ ...pseudo, ...addresses, ...headers, ...length }, { endStream: false })
      let isLate = false
      stream.setTimeout(patience, () => {
        isLate = true
        stream.close()
      })
      stream.on('error', () => undefined)
      let status: WireAnswer['status'] = 'closed'
      let text = ''
      stream.on('response', (head) => {
        status = head[':status'] ?? 'closed'
      })
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      const ended = once(stream, 'close').catch(() => undefined)
      stream.end(body ?? '')
      await ended
      return isLate ? hangs : { status, body: text }
    },
    close: () => session?.destroy(),
  }
}
