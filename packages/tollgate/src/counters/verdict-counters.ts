import { checkKnownOptions } from '../known-options.ts'
import { parseInteger } from '../parse-integer.ts'
import type { RejectionCode, Verdict } from '../verdict.ts'
import { createKeyLabeller, type KeyLabelOptions } from './key-label.ts'
import { summarize, type Tally, type VerdictSummary } from './summary.ts'

export interface VerdictCountersOptions extends KeyLabelOptions {
  /** How many Auth Tokens an account has during a rotation, 1 to 16: an answer for each, even if it never matched. Default 2. */
  readonly authTokens?: number | undefined
  /**
   * How long nothing may have happened, in seconds, 60 to 31,536,000, before an answer is yes: choose it longer than the longest
   * pause between two webhooks of yours. Default 86,400 (a day).
   */
  readonly quietSeconds?: number | undefined
  /** The clock, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

export interface VerdictCounters {
  /** For the option of the same name; needs no `this`. */
  readonly onVerdict: (verdict: Verdict) => void
  /** What was counted since the start, or since `reset`. */
  summary(): VerdictSummary
  reset(): void
}

const known: Readonly<Record<keyof VerdictCountersOptions, true>> = {
  sharedKeyIds: true,
  authTokens: true,
  quietSeconds: true,
  now: true,
}

/**
 * Counts verdicts by code and by key, in this process, to answer whether `observe` may become `enforce` and whether an old token may
 * go. Its labels come from closed sets: no account, number, token or text gets in.
 * @throws TypeError or RangeError, naming the option, when one is unknown or out of range.
 */
export function verdictCounters(options: VerdictCountersOptions = {}): VerdictCounters {
  checkKnownOptions(options, known, 'verdictCounters')
  const labelKey = createKeyLabeller(options)
  const authTokens = parseInteger(options.authTokens, 'authTokens', 1, 16) ?? 2
  const quietMs = 1000 * (parseInteger(options.quietSeconds, 'quietSeconds', 60, 31_536_000) ?? 86_400)
  const { now = Date.now } = options
  if (typeof now !== 'function') throw new TypeError(`"now" must be a function, got ${typeof now}`)
  let tally = new VerdictTally(now())
  return {
    onVerdict(verdict) {
      tally.add(verdict, labelKey, now())
    },
    summary: () => summarize(tally, { now: now(), authTokens, quietMs }),
    reset() {
      tally = new VerdictTally(now())
    },
  }
}

class VerdictTally implements Tally {
  readonly since: number
  readonly keys: Map<string, { count: number; lastAt: number }> = new Map()
  readonly codes: Map<RejectionCode, { count: number; firstAt: number; lastAt: number }> = new Map()
  replayed = 0
  maybeReplayed = 0

  constructor(since: number) {
    this.since = since
  }

  add(verdict: Verdict, labelKey: ReturnType<typeof createKeyLabeller>, at: number): void {
    if (verdict.ok) {
      const label = labelKey(verdict.matched.key)
      this.keys.set(label, { count: (this.keys.get(label)?.count ?? 0) + 1, lastAt: at })
      if (verdict.replayed === true) this.replayed += 1
      if (verdict.replayed === 'unknown') this.maybeReplayed += 1
      return
    }
    const before = this.codes.get(verdict.code)
    this.codes.set(verdict.code, { count: (before?.count ?? 0) + 1, firstAt: before?.firstAt ?? at, lastAt: at })
  }
}
