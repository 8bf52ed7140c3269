import { type IncomingMessage, request } from 'node:http'
import type { Answer } from '@tollgate/calls'
import { decodeContent } from 'tollgate/internal'
import type { HeaderList } from '../../shared/capture.ts'
import { captureBody } from '../body-text.ts'

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
// Twilio reads 64 KB. Of a longer text it only sees that it is longer.
const mostBytes = 128 * 1024

/**
 * Sends a request to the gateway with exactly these headers, in this order.
 *
 * @param left ends the request when it is aborted
 * @returns the answer. Of its body, at most 128 KiB are kept
 * @throws Error if the gateway does not answer
 */
export function deliver(
  gatewayUrl: string,
  { method, target, headers, body }: Delivery,
  left: AbortSignal,
): Promise<Answer> {
  const { hostname, port } = new URL(gatewayUrl)
  const handshake = headers.some(([name]) => name.toLowerCase() === 'upgrade')
  const kept = headers.filter(
    ([name]) => !framing.has(name.toLowerCase()) && (handshake || name.toLowerCase() !== 'connection'),
  )
  const sized: HeaderList =
    body.length > 0 || method === 'POST' ? [...kept, ['Content-Length', String(body.length)]] : kept
  const started = performance.now()
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
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        if (size < mostBytes) chunks.push(chunk)
        size += chunk.length
      })
      response.on('error', () => {})
      response.on('close', () =>
        resolve(toAnswer(response, Buffer.concat(chunks).subarray(0, mostBytes), size, performance.now() - started)),
      )
    })
    sent.on('upgrade', (response, socket) => {
      socket.on('error', () => {})
      socket.end()
      resolve(toAnswer(response, Buffer.alloc(0), 0, performance.now() - started))
    })
    sent.end(body)
  })
}

function toAnswer(response: IncomingMessage, kept: Buffer, size: number, durationMs: number): Answer {
  const { statusCode = 0, rawHeaders } = response
  const content = decodeContent(kept, response.headers['content-encoding'], mostBytes)
  return {
    status: statusCode,
    headers: rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [])),
    body: size === 0 ? '' : captureBody(content).body,
    bytes: Math.max(size, content.length),
    isCut: size > mostBytes,
    durationMs,
  }
}
