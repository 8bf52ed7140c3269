import { request } from 'node:http'
import type { HeaderList } from '../../shared/capture.ts'

/** A request, ready to be sent. */
export interface Delivery {
  readonly method: string
  readonly target: string
  readonly headers: HeaderList
  readonly body: Buffer
}

// These headers describe the original framing. The body is sent in one piece, so they are replaced.
const framing = new Set([
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'expect',
])
const timeLimitMs = 30_000

/**
 * Sends a request to the gateway with exactly these headers, in this order.
 *
 * @param left ends the request when it is aborted
 * @returns the status of the answer
 * @throws Error if the gateway does not answer
 */
export function deliver(
  gatewayUrl: string,
  { method, target, headers, body }: Delivery,
  left: AbortSignal,
): Promise<number> {
  const { hostname, port } = new URL(gatewayUrl)
  const handshake = headers.some(([name]) => name.toLowerCase() === 'upgrade')
  const kept = headers.filter(
    ([name]) => !framing.has(name.toLowerCase()) && (handshake || name.toLowerCase() !== 'connection'),
  )
  const sized: HeaderList =
    body.length > 0 || method === 'POST' ? [...kept, ['Content-Length', String(body.length)]] : kept
  return new Promise((resolve, reject) => {
    const sent = request({
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      method,
      path: target,
      // A flat list keeps repeats and order.
      headers: sized.flat(),
      agent: false,
      signal: left,
    })
    sent.setTimeout(timeLimitMs, () => sent.destroy(new Error(`No answer within ${timeLimitMs / 1000} seconds`)))
    sent.on('error', reject)
    sent.on('response', (response) => {
      response.resume()
      response.on('error', () => {})
      response.on('close', () => resolve(response.statusCode ?? 0))
    })
    sent.on('upgrade', (response, socket) => {
      socket.on('error', () => {})
      socket.end()
      resolve(response.statusCode ?? 101)
    })
    sent.end(body)
  })
}
