import { type Logger, pino } from 'pino'
import type { Journey } from './journey.ts'
import type { GatewayOptions } from './options.ts'

/** `undefined`: nothing is logged. */
export function toLogger(log: GatewayOptions['log']): Logger | undefined {
  if (log === undefined || log === 'silent') return undefined
  return log === 'info' ? pino({ name: 'tollgate', base: { pid: process.pid } }) : log
}

/**
 * One line per request. Redacted by construction: it is made of these fields and of no header, query or body.
 */
export function logJourney(log: Logger, journey: Journey): void {
  log.info(
    {
      method: journey.req.method,
      path: readPath(journey),
      route: journey.route?.given.path,
      code: readCode(journey),
      status: journey.status,
      by: journey.answeredBy,
      ms: Math.round(performance.now() - journey.startedAt),
    },
    'request',
  )
}

/** The path without the query, which holds what users wrote. */
export function readPath({ req }: Journey): string {
  const target = req.url ?? ''
  const end = target.search(/[?#]/)
  return (end === -1 ? target : target.slice(0, end)).slice(0, 500)
}

/** In a closed set: `accepted`, a code of the verifier's, or why no verifier saw the request. */
export function readCode({ verdict, status }: Journey): string {
  if (verdict !== undefined) return verdict.ok ? 'accepted' : verdict.code
  return early[status] ?? 'unverified'
}

const early: Readonly<Record<number, string>> = {
  0: 'client_left',
  400: 'malformed',
  404: 'no_route',
  408: 'too_slow',
  503: 'closing',
}
