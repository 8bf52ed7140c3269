import type { Verdict } from 'tollgate'
import type { CapturedVerdict } from '../shared/capture.ts'

/**
 * Converts a verdict to the form that a capture stores, without the request's content.
 * @param throwAwayIndex the index of this run's own token among the Auth Tokens
 */
export function describeVerdict(verdict: Verdict, throwAwayIndex?: number): CapturedVerdict {
  if (!verdict.ok) {
    const { code, status, message, tried } = verdict
    return { ok: false, code, status, message, tried }
  }
  const { covers, accountSid, matched, replayed } = verdict
  return {
    ok: true,
    covers,
    accountSid,
    key: nameKey(matched.key, throwAwayIndex),
    algorithm: matched.algorithm,
    url: matched.url,
    replayed,
  }
}

type MatchedKey = Extract<Verdict, { ok: true }>['matched']['key']

function nameKey(key: MatchedKey, throwAwayIndex: number | undefined): string {
  if (key.kind === 'shared_key') return `SharedKey ${key.id}`
  if (key.index === throwAwayIndex) return "this run's throw-away token"
  return key.index === 0 ? 'your Auth Token' : `your Auth Token number ${key.index + 1}`
}
