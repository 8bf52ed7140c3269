import type { Edits } from './edits.ts'
import { planMove } from './move.ts'
import { type Note, texts } from './notes.ts'
import { type Parsed, parse } from './parse.ts'

/** The result of {@link transform}. */
export interface Transformed {
  /** The new source, or the given one if nothing changes. */
  readonly source: string
  /** True if `source` differs from the given source. */
  readonly changed: boolean
  /** Lines that the user must check, in order. */
  readonly notes: readonly Note[]
}

/**
 * Moves the webhook validation in one file from `twilio` to `tollgate/compat`. Other uses of
 * `twilio` stay, and so does the formatting. Code that cannot be moved safely stays as it is, with
 * a note.
 *
 * @param source the text of a JavaScript or TypeScript file, with or without JSX
 * @param file the file's name, whose ending gives the language. Default: the text decides, and
 *   `<any>x` counts as a cast if it is not JSX
 * @returns the new text, and notes about lines to check
 * @throws SyntaxError if the text names twilio and cannot be parsed
 * @throws RangeError if it is too large or nested too deeply to be parsed
 */
export function transform(source: string, file?: string): Transformed {
  if (!/[tT]wilio/.test(source)) return { source, changed: false, notes: [] }
  const mark = source.startsWith('\uFEFF') ? '\uFEFF' : ''
  const text = source.slice(mark.length)
  const parsed = parse(text, file)
  const { edits, findings } = planMove(text, parsed)
  const next = edits.isEmpty || findings.isFrozen ? text : applySafely(edits, parsed)
  if (next === undefined) findings.keep({ start: 0, end: 0 }, texts.failed)
  const changed = next !== undefined && next !== text
  return { source: changed ? mark + next : source, changed, notes: findings.list(changed) }
}

/**
 * Applies edits to a parsed text.
 * @returns the new text, or `undefined` if it would not parse, has new faults or an undeclared name
 * @throws RangeError if the new text is nested too deeply to be parsed
 */
export function applySafely(edits: Edits, before: Parsed): string | undefined {
  try {
    const next = edits.apply()
    const after = before.parseAgain(next)
    const isDeclared = [...after.freeNames].every((name) => before.freeNames.has(name))
    return isDeclared && after.countFaults() <= before.countFaults() ? next : undefined
  } catch (error) {
    if (error instanceof RangeError) throw error
    return undefined
  }
}
