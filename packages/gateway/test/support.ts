import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  request,
  type Server,
} from 'node:http'
import { type AddressInfo, connect, type Socket, type Server as TcpServer } from 'node:net'
import { pino } from 'pino'
import { signRequest } from 'tollgate/testing'
import { onTestFinished, TestRunner } from 'vitest'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type RequestLogger,
  type Route,
  type TwilioRoute,
} from '../src/index.ts'

export const authToken = '3f0a9c1d5b7e2468ace013579bdf2468'
export const publicUrl = 'https://api.example.com'
export const accountSid = 'AC0123456789abcdef0123456789abcdef'

export interface Upstream {
  readonly url: string
  readonly server: Server
  readonly seen: Seen[]
  close(): Promise<void>
}

interface Seen {
  readonly method: string
  readonly target: string
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** Stops it at the end of the test. What a hook of the whole file starts, the file has to stop. */
function stopAtEnd(stop: () => unknown): void {
  if (TestRunner.getCurrentTest() !== undefined) onTestFinished(async () => void (await stop()))
}

/** Starts an application that records its requests. */
export async function startUpstream(listener: RequestListener = (_, res) => res.end('hello')): Promise<Upstream> {
  const seen: Seen[] = []
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of req) chunks.push(chunk)
    } catch {
      return
    }
    seen.push({
      method: req.method ?? '',
      target: req.url ?? '',
      rawHeaders: req.rawHeaders,
      headers: req.headers,
      body: Buffer.concat(chunks),
    })
    listener(req, res)
  })
  // By default Node.js drops the header lines after the 2,000th.
  server.maxHeadersCount = 0
  const url = await listenOn(server)
  return {
    url,
    server,
    seen,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export async function listenOn(server: TcpServer | Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  stopAtEnd(() => {
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A gateway that listens. */
export type Started = Gateway & Awaited<ReturnType<Gateway['listen']>> & { readonly port: number }

export function routeTo(upstream: string, more: Partial<TwilioRoute> = {}): Route {
  return { path: '/', upstream, publicUrl, authToken, ...more }
}

/** A line of the log. */
export interface LogLine {
  readonly level: number
  readonly [field: string]: unknown
}

/** Creates a logger that keeps its lines. */
export function collectLog(): { readonly lines: LogLine[]; readonly log: RequestLogger } {
  const lines: LogLine[] = []
  return { lines, log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }) }
}

/** Starts a gateway with one route, or other ones. Its port is that of forward-auth if it has none. */
export async function startGateway(
  upstream: string,
  more: Partial<GatewayOptions> = {},
  route: Partial<TwilioRoute> = {},
): Promise<Started> {
  // A diagnosis keeps refused requests in the cache folder of this user.
  const common = { listen: { port: 0 }, diagnose: false }
  const gateway = createGateway({ ...common, routes: [routeTo(upstream, route)], ...more })
  const bound = await gateway.listen()
  stopAtEnd(() => gateway.close({ graceMs: 0 }))
  return { ...gateway, ...bound, port: Number(new URL(bound.url || `${bound.forwardAuthUrl}`).port) }
}

export const sms = {
  AccountSid: accountSid,
  From: '+15005550006',
  To: '+15005550001',
  Body: 'Ünïcode & more',
  NumMedia: '0',
}

/** Returns the parts of a signed form post, for any client. */
export function signSms(target = '/sms', params: Record<string, string> = sms, token = authToken) {
  const signed = signRequest({ url: `${publicUrl}${target}`, params, authToken: token })
  const body = signed.body ?? ''
  return {
    method: 'POST',
    target,
    body,
    headers: { ...signed.headers, host: 'api.example.com' } as Record<string, string>,
  }
}

/** Signs a whole incoming message, as Twilio sends it, which no other number has. */
export function signMessage(number: number, target = '/sms'): ReturnType<typeof signSms> {
  const sid = `SM${number.toString(16).padStart(32, '0')}`
  const sids = { MessageSid: sid, SmsMessageSid: sid, SmsSid: sid }
  return signSms(target, { ...sms, ...sids, SmsStatus: 'received', NumSegments: '1' })
}

/** Formats a request as a client writes it. */
export function formatRequest(signed: ReturnType<typeof signSms>, more: Record<string, string> = {}): string {
  const headers = { ...signed.headers, 'content-length': String(Buffer.byteLength(signed.body)), ...more }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${signed.method} ${signed.target} HTTP/1.1\r\n${lines.join('')}\r\n${signed.body}`
}

/**
 * Returns the variables of a CGI server for header fields. In their names, every character except
 * letters and digits becomes an underscore.
 */
export function listCgiVariables(rawHeaders: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const variables = new Map<string, string[]>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = `HTTP_${(rawHeaders[index] ?? '').toUpperCase().replace(/[^A-Z0-9]/g, '_')}`
    variables.set(name, [...(variables.get(name) ?? []), rawHeaders[index + 1] ?? ''])
  }
  return variables
}

/** All characters that RFC 9110 allows in a header name, except letters and digits. */
export const separators = [..."!#$%&'*+-.^_`|~"]

interface Reply {
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Sends a request over a new connection. */
export async function send(
  url: string,
  signed: { method: string; target: string; headers: OutgoingHttpHeaders; body?: string | Uint8Array },
): Promise<Reply> {
  const { hostname, port } = new URL(url)
  const req = request({
    hostname,
    port,
    method: signed.method,
    path: signed.target,
    headers: signed.headers,
    agent: false,
  })
  req.end(signed.body)
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of res) chunks.push(chunk)
  return {
    status: res.statusCode ?? 0,
    rawHeaders: res.rawHeaders,
    headers: res.headers,
    body: Buffer.concat(chunks).toString(),
  }
}

/**
 * Writes raw bytes. Returns the answers until the connection closes, or until they contain `until`.
 */
export async function sendRaw(port: number, bytes: string | Uint8Array, until?: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(bytes)
  return readUntil(socket, until)
}

/** Reads until the connection closes, or until the text contains `until`. */
export async function readUntil(socket: Socket, until?: string): Promise<string> {
  let answer = ''
  await new Promise<void>((resolve) => {
    const onData = (chunk: Buffer) => {
      answer += chunk.toString('latin1')
      if (until !== undefined && answer.includes(until)) resolve()
    }
    socket.on('data', onData).once('close', () => resolve())
  })
  if (until !== undefined) socket.destroy()
  return answer
}
