import type { Rejected } from '../../verdict.ts'
import type { FoundCause } from '../conclude.ts'
import type { Presented } from '../signature-header.ts'
import type { Subject } from '../subject.ts'

/** A refusal that no edit explains. */
export interface Unproven {
  readonly subject: Subject
  readonly rejection: Rejected
  readonly tried: number
  readonly presented: readonly Presented[]
}

/** From 0 to 100. At 90 nothing else needs to be told. */
export interface Suspicion extends FoundCause {
  readonly score: number
}

/** Looks for what gives one cause away. */
export type Suspect = (unproven: Unproven) => Suspicion | undefined

/** What the search has tried in any case. */
export const ruledOut =
  'Ruled out: http for https, the hosts, ports and prefixes that the request names, its query and parameters in other spellings.'
