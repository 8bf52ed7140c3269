import { randomUUID } from 'node:crypto'
import { textOf } from './answers.ts'
import { toHeaderList } from './capture.ts'
import type { Exchange } from './options.ts'
import type { Passage } from './passage.ts'

const nothing = new Uint8Array(0)

/** Tells the option `onExchange`. Whatever goes wrong in it changes nothing. */
export function reportExchange(passage: Passage): void {
  try {
    Promise.resolve(passage.generation.onExchange?.(toExchange(passage)) as unknown).catch(() => undefined)
  } catch {
    // As the contract says.
  }
}

function toExchange(passage: Passage): Exchange {
  const { req, requestBody = nothing, responseBody, route, status } = passage
  const { captureBytes } = passage.generation
  const durationMs = performance.now() - passage.startedAt
  const isOurs = passage.answeredBy === 'gateway'
  return {
    id: randomUUID(),
    startedAt: Date.now() - durationMs,
    durationMs,
    request: {
      method: req.method ?? '',
      target: req.url ?? '',
      headers: toHeaderList(req.rawHeaders),
      body: requestBody.subarray(0, captureBytes),
      bodyTruncated: requestBody.length > captureBytes,
      remoteAddress: req.socket.remoteAddress,
    },
    verdict: passage.verdict,
    route: route === undefined ? undefined : { publicUrl: route.given.publicUrl, path: route.given.path },
    verifierOptions: route?.verifierOptions,
    response:
      status === 0
        ? undefined
        : {
            status,
            headers: toHeaderList(passage.responseHeaders),
            body: isOurs ? Buffer.from(textOf(status)) : (responseBody?.bytes ?? nothing),
            bodyTruncated: responseBody?.truncated ?? false,
            by: passage.answeredBy,
          },
  }
}
