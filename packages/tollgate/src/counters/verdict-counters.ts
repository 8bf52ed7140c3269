import { readOptions } from '../checks/options.ts'
import type { AnyAccepted, Rejected, RejectionCode } from '../verdict.ts'
import { createKeyLabeller, type KeyLabelOptions, keyLabelOptions } from './key-label.ts'
import { summarize, type Tally, type VerdictSummary } from './summary.ts'

/** Options of `verdictCounters`. */
export interface VerdictCountersOptions extends KeyLabelOptions {
  /**
   * How many Auth Tokens an account has during a rotation, an integer from 1 to 16. Each gets an
   * answer, even if it never matched. Default 2.
   */
  readonly authTokens?: number | undefined
  /**
   * The time in seconds without a rejection, or without a match of a token, after which an answer
   * is yes: an integer from 60 to 31,536,000 (a year). Choose more than the longest pause between
   * two of your webhooks. Default 86,400 (a day).
   */
  readonly quietSeconds?: number | undefined
  /** The clock, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** Counters of verdicts in this process. */
export interface VerdictCounters {
  /** For the `onVerdict` option. Needs no `this`. */
  readonly onVerdict: (verdict: AnyAccepted | Rejected) => void
  /** Returns the counts since the start or the last `reset`. */
  summary(): VerdictSummary
  /** Starts counting from zero. */
  reset(): void
}

/** The options of `verdictCounters`, beside those of the labels. */
export const verdictCountersOptions = {
  authTokens: { type: 'integer', least: 1, most: 16, default: 2 },
  quietSeconds: { type: 'integer', least: 60, most: 31_536_000, default: 86_400 },
  now: { type: 'function' },
} as const

/**
 * Counts verdicts by code and by key in this process. The summary answers whether `observe` may
 * become `enforce`, and whether an old token may be removed. Its labels come from closed sets: it
 * holds no account, phone number, token or text.
 * @throws TypeError or RangeError that names the option, if one is unknown or out of range.
 */
export function verdictCounters(given: VerdictCountersOptions = {}): VerdictCounters {
  const options = readOptions(given, { ...keyLabelOptions, ...verdictCountersOptions }, 'verdictCounters')
  const labelKey = createKeyLabeller(options)
  const { authTokens, quietSeconds, now = Date.now } = options
  const quietMs = 1000 * quietSeconds
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
  repeated = 0
  maybeRepeated = 0

  constructor(since: number) {
    this.since = since
  }

  add(verdict: AnyAccepted | Rejected, labelKey: ReturnType<typeof createKeyLabeller>, at: number): void {
    if (verdict.ok) {
      const label = labelKey(verdict.matched.key)
      this.keys.set(label, { count: (this.keys.get(label)?.count ?? 0) + 1, lastAt: at })
      if (verdict.delivery === 'repeated') this.repeated += 1
      if (verdict.delivery === 'unknown') this.maybeRepeated += 1
      return
    }
    const before = this.codes.get(verdict.code)
    this.codes.set(verdict.code, { count: (before?.count ?? 0) + 1, firstAt: before?.firstAt ?? at, lastAt: at })
  }
}
