import { randomUUID } from 'node:crypto'
import { getAnswerText } from './answers.ts'
import { type ExchangeState, toHeaderList } from './exchange.ts'
import type { Exchange, TwilioRoute } from './options.ts'
import type { OpenRoute } from './routes.ts'

const nothing = new Uint8Array(0)

/** Calls the option `onExchange`. Errors in it are ignored. */
export function reportExchange(exchange: ExchangeState): void {
  try {
    Promise.resolve(exchange.config.onExchange?.(createExchange(exchange)) as unknown).catch(() => undefined)
  } catch {
    // The documentation of `onExchange` says that errors are ignored.
  }
}

function createExchange(exchange: ExchangeState): Exchange {
  const { req, method, target, requestBody = nothing, responseBody, route, status } = exchange
  const { captureBytes } = exchange.config
  const durationMs = performance.now() - exchange.startedAt
  const isOurs = exchange.answeredBy === 'gateway'
  return {
    id: randomUUID(),
    startedAt: Date.now() - durationMs,
    durationMs,
    request: {
      method,
      target,
      headers: toHeaderList(req.rawHeaders),
      body: requestBody.subarray(0, captureBytes),
      bodyTruncated: requestBody.length > captureBytes,
      remoteAddress: req.socket.remoteAddress,
    },
    verdict: exchange.verdict,
    route: route && describeRoute(route),
    verifierOptions: route?.verifierOptions,
    response:
      status === 0
        ? undefined
        : {
            status,
            headers: toHeaderList(exchange.responseFields),
            body: isOurs ? Buffer.from(getAnswerText(status)) : (responseBody?.bytes ?? nothing),
            bodyTruncated: responseBody?.truncated ?? false,
            by: exchange.answeredBy,
          },
  }
}

function describeRoute({ given, scheme }: OpenRoute): Exchange['route'] {
  const { path, publicUrl }: typeof given & Partial<Pick<TwilioRoute, 'publicUrl'>> = given
  return { path, scheme, publicUrl }
}
