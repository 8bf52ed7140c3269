import { randomUUID } from 'node:crypto'
import { textOf } from './answers.ts'
import { toHeaderList } from './capture.ts'
import type { ExchangeState } from './exchange.ts'
import type { Exchange } from './options.ts'

const nothing = new Uint8Array(0)

/** Calls the option `onExchange`. An error in it changes nothing. */
export function reportExchange(exchange: ExchangeState): void {
  try {
    Promise.resolve(exchange.config.onExchange?.(toExchange(exchange)) as unknown).catch(() => undefined)
  } catch {
    // The option's contract: errors are ignored.
  }
}

function toExchange(exchange: ExchangeState): Exchange {
  const { client, requestBody = nothing, responseBody, route, status } = exchange
  const { captureBytes } = exchange.config
  const durationMs = performance.now() - exchange.startedAt
  const isOurs = exchange.answeredBy === 'gateway'
  return {
    id: randomUUID(),
    startedAt: Date.now() - durationMs,
    durationMs,
    request: {
      method: client.method,
      target: client.target,
      headers: toHeaderList(client.rawFields),
      body: requestBody.subarray(0, captureBytes),
      bodyTruncated: requestBody.length > captureBytes,
      remoteAddress: client.socket.remoteAddress,
    },
    verdict: exchange.verdict,
    route: route === undefined ? undefined : { publicUrl: route.given.publicUrl, path: route.given.path },
    verifierOptions: route?.verifierOptions,
    response:
      status === 0
        ? undefined
        : {
            status,
            headers: toHeaderList(exchange.responseFields),
            body: isOurs ? Buffer.from(textOf(status)) : (responseBody?.bytes ?? nothing),
            bodyTruncated: responseBody?.truncated ?? false,
            by: exchange.answeredBy,
          },
  }
}
