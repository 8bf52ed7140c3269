import type { Verdict } from 'tollgate'
import type { Capture } from './capture.ts'
import type { Client } from './client.ts'
import type { Generation, OpenRoute } from './generation.ts'
import type { RequestHead } from './request-head.ts'

/** A request with what became of it, for whoever reports it. */
export interface Journey {
  readonly client: Pick<Client, 'method' | 'target' | 'rawLines' | 'socket'>
  readonly generation: Generation
  /** By the clock of `performance.now()`. */
  readonly startedAt: number
  readonly route: OpenRoute | undefined
  readonly verdict: Verdict | undefined
  /** 0: the client left first. */
  readonly status: number
  readonly answeredBy: 'upstream' | 'gateway'
  readonly requestBody: Uint8Array | undefined
  /** Lines. */
  readonly responseLines: string
  readonly responseBody: Capture | undefined
}

/** The route that a request may take, or the status that answers it before any verifier sees it. */
export function chooseRoute(generation: Generation, head: RequestHead, target: string): OpenRoute | 400 | 404 {
  // Only the origin-form: an absolute target, "*" and a fragment could be read as another target by another server.
  if (head.fault !== undefined || !target.startsWith('/') || target.includes('#')) return 400
  const route = generation.find(head.host, target)
  if (route === 'ambiguous') return 400
  return route ?? 404
}

/** What the gateway says to the upstream about a verdict, in header lines. */
export function formatVerdictLines(verdict: Verdict): string {
  const covers = verdict.ok ? verdict.covers : 'none'
  const accountSid = (verdict.ok ? verdict.accountSid : undefined) ?? ''
  return `tollgate-verified: ${covers}\r\ntollgate-account-sid: ${accountSid}\r\n`
}
