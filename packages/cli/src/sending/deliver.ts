import { createHash } from 'node:crypto'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { decodeContent } from 'tollgate/internal'
import { UnreachableError, UsageError } from '../exit.ts'

/** One request, ready to be sent byte for byte. */
export interface Delivery {
  readonly secure: boolean
  readonly hostname: string
  readonly port: number
  readonly method: string
  /** Path and query, as signed. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: string | Uint8Array | undefined
}

export interface ServerAnswer {
  readonly status: number
  readonly statusText: string
  readonly contentType: string | undefined
  readonly location?: string | undefined
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  /** True if `body` is only the beginning of the answer's body. */
  readonly cut: boolean
  readonly durationMs: number
}

const maxAnswerBytes = 1024 * 1024

/** @throws UnreachableError if no complete answer arrived in time */
export async function deliver(delivery: Delivery, timeoutMs: number): Promise<ServerAnswer> {
  const started = performance.now()
  const answer = await within(delivery, timeoutMs, ' (--timeout)', (signal) => exchange(delivery, signal))
  return { ...answer, durationMs: Math.round(performance.now() - started) }
}

/**
 * Returns the status and the headers, without the body, which may never end.
 * @throws UnreachableError if no status arrived in time
 */
export async function deliverForHead(
  delivery: Delivery,
  timeoutMs: number,
): Promise<{ status: number; headers: IncomingMessage['headers'] }> {
  return await within(
    delivery,
    timeoutMs,
    '',
    (signal) =>
      new Promise((resolve, reject) => {
        const request = createRequest(delivery, signal)
        const finish = ({ statusCode = 0, headers }: IncomingMessage): void => {
          resolve({ status: statusCode, headers })
          request.destroy()
        }
        request.on('error', reject).on('response', finish).on('upgrade', finish)
        request.end(delivery.body)
      }),
  )
}

async function within<T>(
  { hostname, port }: Delivery,
  timeoutMs: number,
  hint: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), timeoutMs)
  try {
    return await work(stop.signal)
  } catch (error) {
    if (error instanceof UsageError) throw error
    const where = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
    const why = stop.signal.aborted
      ? `cannot be reached: no answer within ${timeoutMs / 1000} s${hint}`
      : describeFailure(error)
    throw new UnreachableError(`${where} ${why.endsWith('?') ? why : `${why}.`}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function exchange(delivery: Delivery, signal: AbortSignal): Promise<Omit<ServerAnswer, 'durationMs'>> {
  return new Promise((resolve, reject) => {
    const request = createRequest(delivery, signal)
    request.on('error', reject)
    request.on('response', (response) => readAnswer(response).then(resolve, reject))
    request.on('upgrade', (response, socket) => {
      socket.on('error', () => undefined)
      socket.destroy()
      resolve(toHandshakeAnswer(response, String(delivery.headers['sec-websocket-key'])))
    })
    request.end(delivery.body)
  })
}

function createRequest(delivery: Delivery, signal: AbortSignal): ClientRequest {
  const { secure, hostname, port, method, target, headers } = delivery
  try {
    return (secure ? requestHttps : requestHttp)({
      hostname,
      port,
      method,
      path: target,
      headers,
      signal,
      // Each request opens a connection. A kept one that the server closed would look unreachable.
      agent: false,
      // Otherwise Node.js uses the Host header, which may name the public host.
      ...(secure && { servername: isIP(hostname) === 0 ? hostname : '' }),
    })
  } catch (error) {
    throw new UsageError(`The request cannot be sent: ${error instanceof Error ? error.message : 'it is malformed'}.`)
  }
}

async function readAnswer(response: IncomingMessage): Promise<Omit<ServerAnswer, 'durationMs'>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxAnswerBytes) break
  }
  // A captured request may ask for a compressed answer.
  const received = Buffer.concat(chunks).subarray(0, maxAnswerBytes)
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    contentType: response.headers['content-type'],
    location: response.headers.location,
    headers: pairUp(response.rawHeaders),
    body: Buffer.from(decodeContent(received, response.headers['content-encoding'], maxAnswerBytes)).toString(),
    cut: size > maxAnswerBytes,
  }
}

function pairUp(flat: readonly string[]): [name: string, value: string][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : []))
}

/** Checks the proof that a WebSocket server answered: RFC 6455 section 4.2.2. */
function toHandshakeAnswer(response: IncomingMessage, key: string): Omit<ServerAnswer, 'durationMs'> {
  const expected = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  if (response.headers['sec-websocket-accept'] !== expected)
    throw new Error('it switched protocols, but its Sec-WebSocket-Accept is wrong')
  return {
    status: 101,
    statusText: response.statusMessage ?? '',
    contentType: undefined,
    headers: [],
    body: '',
    cut: false,
  }
}

const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host has no address',
  EAI_AGAIN: 'the host has no address',
  ECONNRESET: 'the connection was reset',
  ETIMEDOUT: 'the connection took too long',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to its network',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; name the file of its authority in NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate is from an unknown authority; name the file of that authority in NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is from an unknown authority; name the file of that authority in NODE_EXTRA_CA_CERTS',
  EPROTO: 'it does not speak TLS; should the URL start with http?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; should the URL start with http?',
}

/** Says why a request failed. A server that answers something else than HTTP was reached. */
function describeFailure(error: unknown): string {
  const { code, message }: { code?: unknown; message?: unknown } = Object(error)
  if (!String(code).startsWith('HPE_')) return `cannot be reached: ${describeConnection(error)}`
  return `gives no valid HTTP answer: ${String(message)}${code === 'HPE_INVALID_CONSTANT' ? '. Does it speak TLS (https), or another protocol?' : ''}`
}

export function describeConnection(error: unknown): string {
  // If a name has several addresses, the error holds one error per address.
  const [first = error] = error instanceof AggregateError ? error.errors : []
  const { code, message }: { code?: unknown; message?: unknown } = Object(first)
  return meanings[String(code)] ?? `${String(message)}${code === undefined ? '' : ` (${String(code)})`}`
}
