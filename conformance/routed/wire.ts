import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { type Connection, openConnection, tooLate } from '../adapter/socket.ts'

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

/** A request over HTTP/2 that has no answer after this time hangs. */
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
  const ask = async (request: WireRequest): Promise<WireAnswer> => {
    connection ??= openConnection(port)
    connection.write(writeRequest(request))
    const { answer, isLast } = await readAnswer(connection)
    // After a refused upgrade, Node.js reads no further request from the connection.
    if (isLast || 'upgrade' in (request.headers ?? {})) leave()
    return answer
  }
  const leave = (): void => {
    connection?.socket.destroy()
    connection = undefined
  }
  return {
    async send(request) {
      if (connection?.isIdle() === false) leave()
      const isReused = connection !== undefined
      const answer = await ask(request)
      // The server may have ended a connection that was in use before.
      return answer.status === 'closed' && isReused ? ask(request) : answer
    },
    close: leave,
  }
}

async function readAnswer(connection: Connection): Promise<{ answer: WireAnswer; isLast: boolean }> {
  try {
    const { status, headers, body } = await connection.read()
    const hasEnd = 'content-length' in headers || headers['transfer-encoding'] === 'chunked'
    const isLast = !hasEnd || /close/i.test(headers.connection ?? '')
    const isUpgraded = status === 101
    return { answer: { status, body: isUpgraded ? await readMessage(connection) : body }, isLast }
  } catch (error) {
    return { answer: error instanceof Error && error.message === tooLate ? hangs : closed, isLast: true }
  }
}

/** Reads the first frame of a WebSocket (RFC 6455 section 5.2). A server does not mask it. */
function readMessage(connection: Connection): Promise<string> {
  return connection.readWith((bytes, isEnded) => {
    const start = bytes[1] === 126 ? 4 : 2
    if (bytes.length < 4) return isEnded ? { value: '', length: 0 } : undefined
    const end = start + (start === 4 ? bytes.readUInt16BE(2) : (bytes[1] ?? 0))
    if (bytes.length < end) return isEnded ? { value: '', length: 0 } : undefined
    return { value: bytes[0] === 0x81 ? bytes.subarray(start, end).toString() : '', length: end }
  })
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
