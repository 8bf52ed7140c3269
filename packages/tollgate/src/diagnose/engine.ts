import type { RejectionCode } from '../verdict.ts'
import type { CausePart, CauseRow, Edit, Finding, Presented, Unexplained } from './causes/row.ts'

/** The causes of one scheme, by their ids. The one that comes first is tried and named first. */
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
   * The fix, in one line or two with a choice: the option to write, if the search knows the URL that was signed, or else
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

/** Asks every cause, in the order of the table. */
export function askCauses<Id extends string, S, T, F extends Finding>(
  causes: Causes<Id, S, T>,
  ask: (row: CauseRow<S, T>, id: Id) => F | undefined,
): (F & FoundCause<Id>)[] {
  return listIds(causes).flatMap((id) => {
    const finding = ask(causes[id], id)
    return finding === undefined ? [] : [{ ...finding, id }]
  })
}

function listIds<Id extends string>(causes: Readonly<Record<Id, unknown>>): Id[] {
  return Object.keys(causes) as Id[]
}

/** Lists the edits of every cause. */
export function* listEdits<Id extends string, S, T>(
  causes: Causes<Id, S, T>,
  subject: S,
): Generator<ProposedEdit<Id, T>> {
  for (const cause of listIds(causes))
    for (const edit of causes[cause].edits?.(subject) ?? []) yield { ...edit, cause } as ProposedEdit<Id, T>
}

/** Lists the readings of a damaged signature header. */
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

/** Lists the causes that edits undo. */
export function listUndone<Id extends string, T>(edits: readonly ProposedEdit<Id, T>[]): FoundCause<Id>[] {
  return edits.flatMap(({ cause, detail, fix, also = [] }) => [{ id: cause, detail, fix }, ...also])
}

const ofContent: readonly CausePart[] = ['query', 'params', 'body']
const uncompared: readonly RejectionCode[] = ['signature_missing', 'signature_malformed']

/** Each trace points to one cause. More than two confuse. */
const mostSuspected = 2

/** Lists the causes of which something in the request or the options is a trace. */
export function listSuspected<Id extends string, S, T>(
  causes: Causes<Id, S, T>,
  asked: Unexplained<S>,
  damage?: FoundCause<Id>,
): readonly FoundCause<Id>[] {
  // Without a signature, nothing of the content is compared.
  const isAsked = ({ part }: CauseRow<S, T>): boolean =>
    !uncompared.includes(asked.rejection.code) || !ofContent.includes(part)
  const found = askCauses(causes, (row, id) =>
    isAsked(row) ? (row.suspect?.(asked) ?? (damage?.id === id ? damage : undefined)) : undefined,
  )
  return found.slice(0, mostSuspected)
}

/** Removes causes that were found before. */
export function removeRepeated<Id extends string>(found: readonly FoundCause<Id>[]): FoundCause<Id>[] {
  return found.filter((cause, index) => found.findIndex(({ id }) => id === cause.id) === index)
}

/**
 * Writes a cause for the user, with the fix of the finding, or else that for the place, or that for
 * all.
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
