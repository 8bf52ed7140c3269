import type { Verdict } from 'tollgate'
import type { ExchangeState } from './exchange.ts'

/** The fields that are logged and counted for a request: no header, query or body. Route, code, status and `by` come from closed sets. */
export interface Report {
  readonly method: string
  /** Without the query, which holds what users wrote. */
  readonly path: string
  /** The path of the route in the configuration, or `forward-auth`; none: no route was found. */
  readonly route: string | undefined
  /** `accepted`, a code of the verifier's, or why no verifier saw the request. */
  readonly code: string
  /** 0: the client left first. */
  readonly status: number
  readonly by: 'upstream' | 'gateway' | 'forward-auth'
  readonly ms: number
}

export function toReport(exchange: ExchangeState): Report {
  return {
    method: exchange.client.method,
    path: cutQuery(exchange.client.target),
    route: exchange.route?.given.path,
    code: exchange.verdict === undefined ? (early[exchange.status] ?? 'unverified') : nameVerdict(exchange.verdict),
    status: exchange.status,
    by: exchange.answeredBy,
    ms: performance.now() - exchange.startedAt,
  }
}

/** Shortened, since a sender chooses it. */
export function cutQuery(target: string): string {
  const end = target.search(/[?#]/)
  return (end === -1 ? target : target.slice(0, end)).slice(0, 500)
}

export function nameVerdict(verdict: Verdict): string {
  return verdict.ok ? 'accepted' : verdict.code
}

const early: Readonly<Record<number, string>> = {
  0: 'client_left',
  400: 'malformed',
  404: 'no_route',
  408: 'too_slow',
  417: 'expectation_unknown',
}
