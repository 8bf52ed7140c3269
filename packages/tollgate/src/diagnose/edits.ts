import { listBodyEdits } from './body-edits.ts'
import { listKeyEdits } from './key-edits.ts'
import { listParamsEdits } from './params-edits.ts'
import { listPathEdits } from './path-edits.ts'
import { listQueryEdits } from './query-edits.ts'
import type { Edit } from './state.ts'
import type { Subject } from './subject.ts'
import { listUrlEdits } from './url-edits.ts'

/** Every hypothesis about a request: what may have happened to it, and how that is undone. */
export function* listEdits(subject: Subject): Generator<Edit> {
  yield* listUrlEdits(subject)
  yield* listPathEdits(subject)
  yield* listKeyEdits(subject)
  yield* listBodyEdits(subject)
  yield* listQueryEdits(subject)
  yield* listParamsEdits(subject)
}
