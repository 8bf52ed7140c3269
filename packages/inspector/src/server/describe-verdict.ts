import type { Verdict } from 'tollgate'
import type { CapturedVerdict } from '../shared/capture.ts'

/** A verdict without the request's content. `throwAwayIndex`: which of the Auth Tokens is the one made for this run. */
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
