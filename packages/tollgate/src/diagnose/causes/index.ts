import type { State, Subject } from '../reading.ts'
import { bodyCauses } from './body.ts'
import { keyCauses } from './keys.ts'
import { lostParamsCauses } from './lost-params.ts'
import { paramsCauses } from './params.ts'
import { pathCauses } from './path.ts'
import { queryCauses } from './query.ts'
import type { CauseRow } from './row.ts'
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

/** All causes, each with the type that its family has checked. */
export const causes: Readonly<Record<CauseId, CauseRow<Subject, State>>> = {
  ...urlCauses,
  ...pathCauses,
  ...bodyCauses,
  ...queryCauses,
  ...paramsCauses,
  ...lostParamsCauses,
  ...keyCauses,
  ...signatureCauses,
} satisfies Rows as Record<CauseId, CauseRow>
