import type { Rejected } from '../../verdict.ts'
import type { Subject } from '../reading.ts'
import { bodyCauses } from './body.ts'
import { keyCauses } from './keys.ts'
import { lostParamsCauses } from './lost-params.ts'
import { paramsCauses } from './params.ts'
import { pathCauses } from './path.ts'
import { queryCauses } from './query.ts'
import type { CauseRow, Edit, Finding, Presented, Proof, Suspicion, Unexplained } from './row.ts'
import { signatureCauses } from './signature.ts'
import { urlCauses } from './url.ts'

/** The rows of all families. No other list names the causes. */
type Rows = typeof urlCauses &
  typeof pathCauses &
  typeof bodyCauses &
  typeof queryCauses &
  typeof paramsCauses &
  typeof lostParamsCauses &
  typeof keyCauses &
  typeof signatureCauses

/**
 * The ids of the causes: everything that can change a request between Twilio and the verifier. The
 * page "Why does validation fail?" has a section on each.
 */
export type CauseId = keyof Rows

/**
 * All causes, each with the type that its family has checked. If two of them are equally likely,
 * the one that comes first here is tried and named first.
 * @public
 */
export const causes: Readonly<Record<CauseId, CauseRow>> = {
  ...urlCauses,
  ...pathCauses,
  ...bodyCauses,
  ...queryCauses,
  ...paramsCauses,
  ...lostParamsCauses,
  ...keyCauses,
  ...signatureCauses,
} satisfies Rows as Record<CauseId, CauseRow>

/** A cause of this request, with what was seen. */
export interface FoundCause extends Finding {
  readonly id: CauseId
}

/** An edit, with the cause that it undoes. */
export interface ProposedEdit extends Edit {
  readonly cause: CauseId
  readonly also?: readonly FoundCause[]
}

/** A reading of the signature header, with the cause that it undoes. */
export interface PresentedSignature extends Presented {
  readonly cause?: FoundCause
}

const rows = Object.entries(causes) as readonly (readonly [CauseId, CauseRow])[]

/**
 * Lists the edits of every cause.
 * @param subject the request
 * @returns the edits, in the order of the table
 */
export function* listEdits(subject: Subject): Generator<ProposedEdit> {
  for (const [cause, row] of rows)
    for (const edit of row.edits?.(subject) ?? []) yield { ...edit, cause } as ProposedEdit
}

/**
 * Lists the readings of a damaged signature header.
 * @param values the values of the header
 * @returns the readings, without repetitions
 */
export function listReadings(values: readonly string[]): PresentedSignature[] {
  const found = new Map<string, PresentedSignature>()
  for (const [id, row] of rows)
    for (const { text, compare, detail } of row.readings?.(values) ?? []) {
      const key = `${compare} ${text}`
      if (!found.has(key)) found.set(key, { text, compare, cause: { id, detail } })
    }
  return [...found.values()]
}

/**
 * Asks every cause for signs of it.
 * @param unexplained a request that no edit explains
 * @returns the signs, in the order of the table
 */
export function listSuspicions(unexplained: Unexplained): (Suspicion & FoundCause)[] {
  return collect((row) => row.suspect?.(unexplained))
}

/**
 * Asks every cause whether it holds beside the edits of a proof.
 * @param subject the request
 * @param proof the state under which the signature matches
 * @returns the causes that do
 */
export function listAccompanying(subject: Subject, proof: Proof): FoundCause[] {
  return collect((row) => row.accompany?.(subject, proof))
}

/**
 * Asks every cause whether it explains a body that does not have the signed hash.
 * @param subject the request
 * @returns the causes that do
 */
export function explainBody(subject: Subject): FoundCause[] {
  return collect((row) => row.explainBody?.(subject))
}

/**
 * Asks every cause whether it explains a rejection although the signature matches.
 * @param subject the request
 * @param rejection the verdict
 * @returns the causes that do
 */
export function explainRejection(subject: Subject, rejection: Rejected): FoundCause[] {
  return collect((row) => row.rejections?.[rejection.code]?.(subject, rejection))
}

function collect<F extends Finding>(ask: (row: CauseRow) => F | undefined): (F & FoundCause)[] {
  return rows.flatMap(([id, row]) => {
    const finding = ask(row)
    return finding === undefined ? [] : [{ ...finding, id }]
  })
}

/**
 * Finds the fix of a cause.
 * @param id the cause
 * @param place a framework, platform or proxy, such as `'express'` or `'tollgate/express'`
 * @returns its own fix if there is one, or else the fix for all, in one line
 */
export function findFix(id: CauseId, place: string | undefined): string {
  const { fix, fixes } = causes[id]
  const name = place?.toLowerCase().replace(/^tollgate\/|\.?js$/g, '') ?? ''
  return fixes !== undefined && Object.hasOwn(fixes, name) ? (fixes[name as keyof typeof fixes] ?? fix) : fix
}
