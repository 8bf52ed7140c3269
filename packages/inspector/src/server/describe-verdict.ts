import type { Exchange } from '@tollgate/gateway'
import type { AnyAccepted } from 'tollgate'
import { getScheme, omitPage } from 'tollgate/internal'
import { type CapturedVerdict, throwAwayKey } from '../shared/capture.ts'

/**
 * Converts a verdict to the form that a capture stores, without the request's content.
 * @param throwAwayIndex the index of this run's own token among the Auth Tokens
 */
export function describeVerdict(verdict: NonNullable<Exchange['verdict']>, throwAwayIndex?: number): CapturedVerdict {
  if (!verdict.ok) {
    const { code, status, tried } = verdict
    // The page has a link of its own.
    return { ok: false, code, status, message: omitPage(verdict), tried }
  }
  const { scheme: name, matched, covers, accountSid, delivery }: AnyAccepted = verdict
  const { kind, index } = matched.key
  const scheme = getScheme(name)
  const isOurs = kind === 'auth_token' && index === throwAwayIndex
  return {
    ok: true,
    covers,
    coverage: scheme.describeCoverage(verdict),
    accountSid,
    key: isOurs ? throwAwayKey : scheme.nameKey(matched.key),
    algorithm: matched.algorithm,
    url: matched.url,
    delivery,
  }
}
