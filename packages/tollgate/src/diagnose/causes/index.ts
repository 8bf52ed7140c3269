import type { CauseId } from '../types.ts'
import { bodyCauses } from './body.ts'
import type { CauseRow } from './cause-row.ts'
import { keyCauses } from './keys.ts'
import { paramsCauses } from './params.ts'
import { queryCauses } from './query.ts'
import { signatureCauses } from './signature.ts'
import { urlCauses } from './url.ts'

/**
 * Every cause. A new cause is a new row, plus the edits that undo it. `npm run causes` writes the docs from it.
 * @public
 */
export const causes: Readonly<Record<CauseId, CauseRow>> = {
  ...urlCauses,
  ...queryCauses,
  ...paramsCauses,
  ...bodyCauses,
  ...keyCauses,
  ...signatureCauses,
}

/** The fix in one line: that of the framework, platform or proxy if it has its own. */
export function findFix(id: CauseId, place: string | undefined): string {
  const { fix, fixes } = causes[id]
  const name = place?.toLowerCase().replace(/^tollgate\/|\.?js$/g, '') ?? ''
  return fixes !== undefined && Object.hasOwn(fixes, name) ? (fixes[name as keyof typeof fixes] ?? fix) : fix
}
