import type { GatewayCode, RequestCode } from './codes.ts'
import type { ExchangeState } from './exchange.ts'
import type { RouteVerdict } from './options.ts'

/**
 * The fields that are logged and counted for a request. They contain no header, query or body.
 * Route, code, status, `by` and `failure` come from closed sets.
 */
export interface Report {
  readonly method: string
  /** The path without the query, which can contain text from users. */
  readonly path: string
  /** The path of the route as configured, or `forward-auth`. `undefined` if no route matched. */
  readonly route: string | undefined
  /** `accepted`, a code of the verifier, or the reason why no verifier saw the request. */
  readonly code: RequestCode
  /** 0 if the client disconnected before the answer. */
  readonly status: number
  readonly by: 'upstream' | 'gateway' | 'forward-auth'
  /**
   * How the upstream answered. `'broken'`: its answer broke off. `'failed'`: none came. `'left'`:
   * the client disconnected first. `undefined` if nothing was forwarded.
   */
  readonly result?: 'answered' | 'broken' | 'failed' | 'left' | undefined
  /** Why the upstream's answer is missing or incomplete, if it is. */
  readonly failure?: string | undefined
  readonly ms: number
  /**
   * The milliseconds from the verdict to the head of the upstream's answer, or to the end without
   * one. `undefined` if nothing was forwarded.
   */
  readonly upstreamMs?: number | undefined
}

/** Creates the report of an exchange that has ended. */
export function createReport(exchange: ExchangeState): Report {
  const now = performance.now()
  const { forwardedAt, answeredAt = now } = exchange
  return {
    method: exchange.method,
    path: cutQuery(exchange.target),
    route: exchange.route?.given.path,
    code: exchange.verdict === undefined ? (early[exchange.status] ?? 'unverified') : nameVerdict(exchange.verdict),
    status: exchange.status,
    by: exchange.answeredBy,
    result: forwardedAt === undefined ? undefined : nameResult(exchange),
    failure: exchange.failure,
    ms: now - exchange.startedAt,
    upstreamMs: forwardedAt === undefined ? undefined : answeredAt - forwardedAt,
  }
}

function nameResult({ answeredBy, status, failure }: ExchangeState): Report['result'] {
  if (answeredBy === 'upstream') return failure === undefined ? 'answered' : 'broken'
  return status === 0 ? 'left' : 'failed'
}

/**
 * Creates the report of a request that is answered without being read: it is malformed, or asks for
 * a tunnel. Its path is unknown, or no path of this server.
 */
export function createBareReport(status: number, given: Partial<Report> = {}): Report {
  const code = early[status] ?? 'unverified'
  return { method: '', path: '', route: undefined, code, status, by: 'gateway', ms: 0, ...given }
}

/** Returns the path of a target, cut to 500 characters because the sender chooses it. */
export function cutQuery(target: string): string {
  const end = target.search(/[?#]/)
  return (end === -1 ? target : target.slice(0, end)).slice(0, 500)
}

/** Returns the code of a verdict for logs and metrics. */
export function nameVerdict(verdict: RouteVerdict): RequestCode {
  return verdict.ok ? 'accepted' : verdict.code
}

const early: Readonly<Record<number, GatewayCode>> = {
  0: 'client_left',
  400: 'malformed',
  404: 'no_route',
  408: 'too_slow',
  417: 'expectation_unknown',
  431: 'head_too_large',
  508: 'loop',
}
