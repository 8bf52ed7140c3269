import { listBodyEdits } from './body-edits.ts'
import { listKeyEdits } from './key-edits.ts'
import { listParamsEdits } from './params-edits.ts'
import { listPathEdits } from './path-edits.ts'
import { listQueryEdits } from './query-edits.ts'
import type { Edit } from './state.ts'
import type { Subject } from './subject.ts'
import { listUrlEdits } from './url-edits.ts'

function* listEdits(subject: Subject): Generator<Edit> {
  yield* listUrlEdits(subject)
  yield* listPathEdits(subject)
  yield* listKeyEdits(subject)
  yield* listBodyEdits(subject)
  yield* listQueryEdits(subject)
  yield* listParamsEdits(subject)
}

// Measured in characters that are read once.
const unitsPerEdit = 1500
const shareOfEdits = 1 / 2

/** Every hypothesis about a request: what may have happened to it, and how that is undone. */
export async function collectEdits(subject: Subject): Promise<readonly Edit[]> {
  const { work } = subject
  const edits: Edit[] = []
  for (const edit of listEdits(subject)) {
    work.spend(unitsPerEdit)
    if (work.isSpent(shareOfEdits)) break
    if (work.isDue()) await work.pause()
    edits.push(edit)
  }
  return edits
}
