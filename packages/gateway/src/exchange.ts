import type { Verdict } from 'tollgate'
import type { Capture } from './capture.ts'
import type { Client } from './client.ts'
import type { ConfigSnapshot, OpenRoute } from './config-snapshot.ts'
import type { RequestHead } from './request-head.ts'

/** The state of an exchange, for logs, metrics, traces and `onExchange`. */
export interface ExchangeState {
  readonly client: Pick<Client, 'method' | 'target' | 'rawFields' | 'socket'>
  readonly config: ConfigSnapshot
  /** By the clock of `performance.now()`. */
  readonly startedAt: number
  readonly route: OpenRoute | undefined
  readonly verdict: Verdict | undefined
  /** 0: the client left first. */
  readonly status: number
  readonly answeredBy: 'upstream' | 'gateway'
  readonly requestBody: Uint8Array | undefined
  /** Header fields. */
  readonly responseFields: readonly string[]
  readonly responseBody: Capture | undefined
}

/** The route that a request may take, or the status that answers it before any verifier sees it. */
export function chooseRoute(config: ConfigSnapshot, head: RequestHead, target: string): OpenRoute | 400 | 404 | 417 {
  // Only the origin-form: an absolute target, "*" and a fragment could be read as another target by another server.
  if (!target.startsWith('/') || target.includes('#')) return 400
  if (head.refusal !== undefined) return head.refusal
  const route = config.find(head.host, target)
  if (route === 'ambiguous') return 400
  return route ?? 404
}

/** The header fields that tell the upstream about a verdict. */
export function listVerdictFields(verdict: Verdict): string[] {
  const covers = verdict.ok ? verdict.covers : 'none'
  const accountSid = (verdict.ok ? verdict.accountSid : undefined) ?? ''
  return ['tollgate-verified', covers, 'tollgate-account-sid', accountSid]
}
