import { randomUUID } from 'node:crypto'
import { textOf } from './answers.ts'
import { toHeaderList } from './capture.ts'
import { listFields } from './fields.ts'
import type { Journey } from './journey.ts'
import type { Exchange } from './options.ts'

const nothing = new Uint8Array(0)

/** Tells the option `onExchange`. Whatever goes wrong in it changes nothing. */
export function reportExchange(journey: Journey): void {
  try {
    Promise.resolve(journey.generation.onExchange?.(toExchange(journey)) as unknown).catch(() => undefined)
  } catch {
    // As the contract says.
  }
}

function toExchange(journey: Journey): Exchange {
  const { client, requestBody = nothing, responseBody, route, status } = journey
  const { captureBytes } = journey.generation
  const durationMs = performance.now() - journey.startedAt
  const isOurs = journey.answeredBy === 'gateway'
  return {
    id: randomUUID(),
    startedAt: Date.now() - durationMs,
    durationMs,
    request: {
      method: client.method,
      target: client.target,
      headers: toHeaderList(listFields(client.rawLines)),
      body: requestBody.subarray(0, captureBytes),
      bodyTruncated: requestBody.length > captureBytes,
      remoteAddress: client.socket.remoteAddress,
    },
    verdict: journey.verdict,
    route: route === undefined ? undefined : { publicUrl: route.given.publicUrl, path: route.given.path },
    verifierOptions: route?.verifierOptions,
    response:
      status === 0
        ? undefined
        : {
            status,
            headers: toHeaderList(listFields(journey.responseLines)),
            body: isOurs ? Buffer.from(textOf(status)) : (responseBody?.bytes ?? nothing),
            bodyTruncated: responseBody?.truncated ?? false,
            by: journey.answeredBy,
          },
  }
}
