import type { RejectionCode } from '../verdict.ts'
import { labelToken } from './key-label.ts'

/** The counts and the answers that follow from them. Times are in milliseconds since 1970. */
export interface VerdictSummary {
  /** When counting began: at the start or at the last `reset`. */
  readonly since: number
  /** Accepted and refused requests together. */
  readonly total: number
  readonly accepted: number
  readonly refused: number
  /** Accepted requests that the replay guard had seen before. */
  readonly repeated: number
  /** Accepted requests for which the replay guard could not tell. */
  readonly maybeRepeated: number
  /** Accepted requests by the key that matched, the most frequent first. */
  readonly keys: readonly KeyCount[]
  /** Refused requests by their code, the most frequent first. */
  readonly codes: readonly CodeCount[]
  /** May `observe` become `enforce`? */
  readonly mayEnforce: EnforceAnswer
  /** May this Auth Token be removed? One answer per position in the account's list. */
  readonly mayDropToken: readonly DropAnswer[]
  /** The summary as text of several lines. */
  readonly text: string
}

/** How often one key matched. */
export interface KeyCount {
  /** Its label: `auth_token:0`, `shared_key`, `shared_key:ID` or of another scheme `KIND:NAME`. */
  readonly key: string
  readonly count: number
  readonly lastAt: number
}

/** How often requests were refused with one code. */
export interface CodeCount {
  readonly code: RejectionCode
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
}

/** Says if `observe` may become `enforce`, and why. */
export interface EnforceAnswer {
  /**
   * `'check'`: only requests without a usable signature were refused. They may be noise, or a proxy
   * may drop a header: look at them.
   */
  readonly answer: 'yes' | 'check' | 'no'
  readonly reason: string
}

/** Says if an Auth Token may be removed, and why. */
export interface DropAnswer {
  /** The position in the account's list. */
  readonly index: number
  readonly answer: 'yes' | 'no'
  readonly reason: string
}

/** The counts so far. */
export interface Tally {
  readonly since: number
  readonly keys: ReadonlyMap<string, Omit<KeyCount, 'key'>>
  readonly codes: ReadonlyMap<RejectionCode, Omit<CodeCount, 'code'>>
  readonly repeated: number
  readonly maybeRepeated: number
}

interface Terms {
  readonly now: number
  readonly authTokens: number
  readonly quietMs: number
}

/** Makes the summary of the counts. */
export function summarize(tally: Tally, terms: Terms): VerdictSummary {
  const keys = [...tally.keys].map(([key, counted]) => ({ key, ...counted })).sort(byCount)
  const codes = [...tally.codes].map(([code, counted]) => ({ code, ...counted })).sort(byCount)
  const accepted = sumCounts(keys)
  const refused = sumCounts(codes)
  const summary = {
    since: tally.since,
    total: accepted + refused,
    accepted,
    refused,
    repeated: tally.repeated,
    maybeRepeated: tally.maybeRepeated,
    keys,
    codes,
    mayEnforce: answerEnforce(tally.since, accepted, codes, terms),
    mayDropToken: Array.from({ length: terms.authTokens }, (_, index) => answerDrop(tally, index, terms)),
  }
  return { ...summary, text: writeSummary(summary) }
}

// Scanners cause these. Requests of Twilio do not, if their headers arrive unchanged.
const noise: ReadonlySet<RejectionCode> = new Set(['method_not_allowed', 'signature_missing', 'signature_malformed'])

function answerEnforce(
  since: number,
  accepted: number,
  codes: readonly CodeCount[],
  { now, quietMs }: Terms,
): EnforceAnswer {
  if (accepted === 0) return { answer: 'no', reason: 'No request has verified yet.' }
  const recent = codes.filter(({ lastAt }) => lastAt > now - quietMs)
  const telling = recent.filter(({ code }) => !noise.has(code))
  if (telling.length > 0)
    return { answer: 'no', reason: `Genuine requests may be among those refused as ${listCodes(telling)}.` }
  if (now - since < quietMs) return { answer: 'no', reason: `Counted for less than ${formatHours(quietMs)} so far.` }
  if (recent.length > 0)
    return { answer: 'check', reason: `Only requests without a usable signature were refused: ${listCodes(recent)}.` }
  return { answer: 'yes', reason: `Nothing was refused within the last ${formatHours(quietMs)}.` }
}

function answerDrop(tally: Tally, index: number, { now, quietMs }: Terms): DropAnswer {
  const label = labelToken(index)
  const lastAt = tally.keys.get(label)?.lastAt
  if (lastAt !== undefined && lastAt > now - quietMs)
    return { index, answer: 'no', reason: `It matched within the last ${formatHours(quietMs)}.` }
  if (now - tally.since < quietMs)
    return { index, answer: 'no', reason: `Counted for less than ${formatHours(quietMs)} so far.` }
  const others = [...tally.keys].some(([key, other]) => key !== label && other.lastAt > now - quietMs)
  return others
    ? { index, answer: 'yes', reason: `Only other keys matched within the last ${formatHours(quietMs)}.` }
    : { index, answer: 'no', reason: `No other key matched within the last ${formatHours(quietMs)}.` }
}

function byCount(one: { readonly count: number }, other: { readonly count: number }): number {
  return other.count - one.count
}

function sumCounts(list: readonly { readonly count: number }[]): number {
  return list.reduce((sum, { count }) => sum + count, 0)
}

function listCodes(codes: readonly CodeCount[]): string {
  return codes.map(({ code, count }) => `${code} (${count})`).join(', ')
}

function formatHours(ms: number): string {
  const hours = ms / 3_600_000
  return hours >= 1 ? `${Number(hours.toFixed(1))} h` : `${Number((ms / 60_000).toFixed(1))} min`
}

/** Writes the summary as text. Its first line answers the first question. */
function writeSummary(summary: Omit<VerdictSummary, 'text'>): string {
  const { since, total, accepted, refused, keys, codes, mayEnforce, mayDropToken } = summary
  const lines = [
    `May I enforce now? ${mayEnforce.answer}. ${mayEnforce.reason}`,
    ...mayDropToken.map(({ index, answer, reason }) => `May I drop Auth Token ${index}? ${answer}. ${reason}`),
    `Since ${formatTime(since)}: ${total} requests, ${accepted} accepted, ${refused} refused.`,
    ...keys.map(({ key, count, lastAt }) => `  accepted by ${key}: ${count}, last ${formatTime(lastAt)}`),
    ...codes.map(
      ({ code, count, firstAt, lastAt }) =>
        `  refused as ${code}: ${count}, first ${formatTime(firstAt)}, last ${formatTime(lastAt)}`,
    ),
  ]
  if (summary.repeated > 0) lines.push(`  accepted although seen before: ${summary.repeated}`)
  if (summary.maybeRepeated > 0)
    lines.push(`  accepted, but the replay guard could not tell whether they are new: ${summary.maybeRepeated}`)
  return lines.join('\n')
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
