import type { Exchange } from '@tollgate/gateway'
import { type CapturedVerdict, throwAwayKey } from '../shared/capture.ts'

type RouteVerdict = NonNullable<Exchange['verdict']>

/**
 * Converts a verdict to the form that a capture stores, without the request's content.
 * @param throwAwayIndex the index of this run's own token among the Auth Tokens
 */
export function describeVerdict(verdict: RouteVerdict, throwAwayIndex?: number): CapturedVerdict {
  if (!verdict.ok) {
    const { code, status, message, tried } = verdict
    return { ok: false, code, status, message, tried }
  }
  const { matched, delivery } = verdict
  const key = nameKey(matched.key, throwAwayIndex)
  if (!('covers' in verdict)) return { ok: true, covers: 'timestamp-and-body', key, algorithm: 'ECDSA', delivery }
  const { covers, accountSid } = verdict
  const { algorithm, url } = verdict.matched
  return { ok: true, covers, accountSid, key, algorithm, url, delivery }
}

type MatchedKey = Extract<RouteVerdict, { ok: true }>['matched']['key']

function nameKey(key: MatchedKey, throwAwayIndex: number | undefined): string {
  if (key.kind === 'sendgrid') return `your SendGrid key ${'name' in key ? `"${key.name}"` : key.index + 1}`
  if (key.kind === 'shared_key') return `SharedKey ${key.id}`
  if (key.index === throwAwayIndex) return throwAwayKey
  return key.index === 0 ? 'your Auth Token' : `your Auth Token number ${key.index + 1}`
}
