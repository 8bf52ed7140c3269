import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { connect } from 'node:tls'
import type { SignedRequest } from 'tollgate/testing'

export interface Reply {
  readonly status: number
  readonly location: string | undefined
  readonly body: string
}

/** A request as it is sent, byte for byte. */
export interface Wire {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string | undefined
}

/**
 * Returns a signed request as Twilio sends it. The headers of `more` are added, and a single `host`
 * is replaced.
 */
export function toWire(signed: SignedRequest, more: Wire['headers'] = []): Wire {
  const [, host = '', target = ''] = /^https?:\/\/([^/?]+)(.*)$/s.exec(signed.url) ?? []
  const hosts = more.some(([name]) => name === 'host') ? [] : [['host', host] as const]
  const { method, body } = signed
  return { method, target: target || '/', headers: [...hosts, ...Object.entries(signed.headers), ...more], body }
}

/** Sends over TLS and accepts any certificate, because these tests do not test it. */
export function sendTls(port: number, wire: Wire): Promise<Reply> {
  return send(wire, { port, rejectUnauthorized: false, servername: 'app.example.com' }, httpsRequest)
}

/** Sends without TLS and without the proxy, from another loopback address if one is given. */
export function sendPlain(port: number, wire: Wire, localAddress?: string): Promise<Reply> {
  return send(wire, { port, ...(localAddress !== undefined && { localAddress }) }, httpRequest)
}

function send(wire: Wire, where: RequestOptions, request: typeof httpsRequest): Promise<Reply> {
  const length: Wire['headers'] =
    wire.body === undefined ? [] : [['content-length', String(Buffer.byteLength(wire.body))]]
  const options: RequestOptions = {
    ...where,
    host: '127.0.0.1',
    method: wire.method,
    path: wire.target,
    agent: false,
    setHost: false,
    timeout: 8000,
    headers: [...wire.headers, ...length].flat(),
  }
  return new Promise((resolve, reject) => {
    const req = request(options, async (res) => {
      let body = ''
      for await (const chunk of res.setEncoding('utf8')) body += chunk
      resolve({ status: res.statusCode ?? 0, location: res.headers.location, body })
    })
    req.on('timeout', () => req.destroy(new Error('no answer')))
    req.on('error', reject)
    req.end(wire.body)
  })
}

/** Sends bytes over TLS that no HTTP client would send, and returns the status. */
export function sendBytes(port: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'app.example.com', rejectUnauthorized: false })
    let answer = ''
    socket.on('secureConnect', () => socket.write(bytes))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(Number(answer.split(' ')[1])))
    socket.on('error', reject)
    socket.setTimeout(8000, () => socket.destroy(new Error('no answer')))
  })
}
