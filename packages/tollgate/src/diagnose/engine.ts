import type { Rejected } from '../verdict.ts'
import {
  type CauseRow,
  type Edit,
  type Finding,
  type Ground,
  grounds,
  type Presented,
  type Suspicion,
} from './causes/row.ts'

/**
 * The causes of one scheme, by their ids. If two of them are equally likely, the one that comes
 * first is tried and named first.
 */
export type Causes<Id extends string, S, T> = Readonly<Record<Id, CauseRow<S, T>>>

/** A cause, with what was seen in this request and what to do. */
export interface Cause<Id extends string = string> {
  readonly id: Id
  /**
   * Describes what was seen in this request. Holds no key, no expected signature and no message
   * text.
   */
  readonly detail: string
  /**
   * The fix in one line: the option to write, if the search knows the URL that was signed, or else
   * the fix for `framework` if that is known.
   */
  readonly fix: string
}

/** A cause of this request, with what was seen. */
export interface FoundCause<Id extends string = string> extends Finding {
  readonly id: Id
}

/** An edit, with the cause that it undoes. */
export interface ProposedEdit<Id extends string, T> extends Edit<T> {
  readonly cause: Id
  readonly also?: readonly FoundCause<Id>[]
}

/** A reading of the signature header, with the cause that it undoes. */
export interface PresentedSignature<Id extends string> extends Presented {
  readonly cause?: FoundCause<Id>
}

/**
 * Asks every cause, in the order of the table.
 * @param causes the causes of the scheme
 * @param ask returns what was found
 * @returns the causes for which something was found
 */
export function askCauses<Id extends string, S, T, F extends Finding>(
  causes: Causes<Id, S, T>,
  ask: (row: CauseRow<S, T>) => F | undefined,
): (F & FoundCause<Id>)[] {
  return listIds(causes).flatMap((id) => {
    const finding = ask(causes[id])
    return finding === undefined ? [] : [{ ...finding, id }]
  })
}

function listIds<Id extends string>(causes: Readonly<Record<Id, unknown>>): Id[] {
  return Object.keys(causes) as Id[]
}

/**
 * Lists the edits of every cause.
 * @param causes the causes of the scheme
 * @param subject the request
 * @returns the edits, in the order of the table
 */
export function* listEdits<Id extends string, S, T>(
  causes: Causes<Id, S, T>,
  subject: S,
): Generator<ProposedEdit<Id, T>> {
  for (const cause of listIds(causes))
    for (const edit of causes[cause].edits?.(subject) ?? []) yield { ...edit, cause } as ProposedEdit<Id, T>
}

/**
 * Lists the readings of a damaged signature header.
 * @param causes the causes of the scheme
 * @param values the values of the header
 * @returns the readings, without repetitions
 */
export function listReadings<Id extends string, S, T>(
  causes: Causes<Id, S, T>,
  values: readonly string[],
): PresentedSignature<Id>[] {
  const found = new Map<string, PresentedSignature<Id>>()
  for (const id of listIds(causes))
    for (const { text, compare, detail, fix } of causes[id].readings?.(values) ?? []) {
      const key = `${compare} ${text}`
      if (!found.has(key)) found.set(key, { text, compare, cause: { id, detail, fix } })
    }
  return [...found.values()]
}

/**
 * Lists the causes that edits undo.
 * @param edits the edits
 * @returns the causes
 */
export function listUndone<Id extends string, T>(edits: readonly ProposedEdit<Id, T>[]): FoundCause<Id>[] {
  return edits.flatMap(({ cause, detail, fix, ruleFix, also = [] }) => [{ id: cause, detail, fix, ruleFix }, ...also])
}

const mostSuspected = 5

/** A suspected cause, with the grounds of the suspicion. */
export type Suspected<Id extends string> = FoundCause<Id> & Suspicion

/**
 * Orders what a request and the options suggest: see docs/how-suspicions-are-ordered.md. A certain
 * cause hides the others.
 * @param causes the causes of the scheme
 * @param suspicions the suspicions, in the order of the table
 * @param rejection the verdict
 * @returns the suspected causes, most likely first, and if they are certain
 */
export function orderSuspicions<Id extends string, S, T>(
  causes: Causes<Id, S, T>,
  suspicions: readonly Suspected<Id>[],
  rejection: Rejected,
): { readonly suspected: readonly FoundCause<Id>[]; readonly isCertain: boolean } {
  // The sort is stable: equal suspicions stay in the order of the table.
  const ordered = [...suspicions].sort((one, other) => compareGrounds(one.grounds, other.grounds))
  const certain = ordered.filter(isCertain)
  if (certain.length === 0) return { suspected: ordered.slice(0, mostSuspected), isCertain: false }
  const strangers = ordered.filter((one) => causes[one.id].isStranger && !isCertain(one))
  return { suspected: addStrangers(certain, strangers, rejection), isCertain: true }
}

/** Nothing in the request suggests a suspicion that rests on these alone. */
const withoutEvidence: readonly Ground[] = ['proxy', 'secret', 'unknown', 'searched']

/**
 * Checks if something in the request or the options suggests a cause.
 * @param suspicion the suspicion
 * @returns false if it is there because nothing excludes it
 */
export function hasEvidence({ grounds: [first] }: Suspicion): boolean {
  return !withoutEvidence.includes(first)
}

const firstUncertain = grounds.indexOf('shape')

/**
 * Checks if a suspicion is certain.
 * @param suspicion the suspicion
 * @returns true if it hides others
 */
export function isCertain({ grounds: [first] }: Suspicion): boolean {
  return grounds.indexOf(first) < firstUncertain
}

/**
 * Compares the strongest grounds, and the next ones if these are equal. More grounds are stronger.
 */
function compareGrounds(one: readonly Ground[], other: readonly Ground[]): number {
  const rank = (ground: Ground | undefined): number => (ground === undefined ? grounds.length : grounds.indexOf(ground))
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = rank(one[at]) - rank(other[at])
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * Adds the sign that the request is from a stranger to causes that are certain: a stranger can
 * bring about most rejections. It comes first if the request alone decides about such a rejection,
 * and last if the options or the code of this server refuse genuine requests too.
 */
function addStrangers<Id extends string>(
  certain: readonly FoundCause<Id>[],
  strangers: readonly FoundCause<Id>[],
  { code, status }: Rejected,
): readonly FoundCause<Id>[] {
  // The row has weighed a lost header against a stranger.
  if (code === 'signature_missing') return certain
  const isOwnFault = code === 'signature_mismatch' || status >= 500
  return isOwnFault ? [...certain, ...strangers] : [...strangers, ...certain]
}

/**
 * Removes causes that were found before.
 * @param found the causes
 * @returns each cause once
 */
export function removeRepeated<Id extends string>(found: readonly FoundCause<Id>[]): FoundCause<Id>[] {
  return found.filter((cause, index) => found.findIndex(({ id }) => id === cause.id) === index)
}

/**
 * Writes a cause for the user.
 * @param causes the causes of the scheme
 * @param found the cause, with what was seen
 * @param place a framework, platform or proxy, such as `'express'` or `'tollgate/express'`
 * @returns the cause with its fix: that of the finding, that for the place, or else that for all
 */
export function writeCause<Id extends string, S, T>(
  causes: Causes<Id, S, T>,
  { id, detail, fix }: FoundCause<Id>,
  place?: string,
): Cause<Id> {
  const { fix: usual, fixes = {} } = causes[id]
  const name = place?.toLowerCase().replace(/^tollgate\/|\.?js$/g, '') ?? ''
  const own = Object.hasOwn(fixes, name) ? fixes[name as keyof typeof fixes] : undefined
  return { id, detail, fix: fix ?? own ?? usual }
}
