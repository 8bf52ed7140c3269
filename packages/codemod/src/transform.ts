import type { Edits } from './edits.ts'
import { planMove } from './move.ts'
import { type Note, texts } from './notes.ts'
import { lineOf, type Parsed, parse } from './parse.ts'
import { findRoute } from './routes.ts'

/** The result of {@link transform}. */
export interface Transformed {
  /** The new source, or the given one if nothing changes. */
  readonly source: string
  /** True if `source` differs from the given source. */
  readonly changed: boolean
  /** Lines that the user must check, in order. */
  readonly notes: readonly Note[]
}

/** What the command has to know about one file, because files of a package move together. */
export interface Planned extends Transformed {
  /** `move` if the source moves, `mock` if the source gets mocks of `tollgate/compat`. */
  readonly kind: 'move' | 'mock' | 'none'
  /** True if a name of validation occurs in the code. */
  readonly hasNames: boolean
  /** The notes on code that replaces validation, and that cannot follow it. */
  readonly blocks: readonly Note[]
  /** A route that Twilio calls, if the code has one. Another file may verify it. */
  readonly route: Note | undefined
  /** Where the code passes the whole package on. It matters if another file validates with it. */
  readonly passed: readonly Note[]
}

/**
 * Moves the webhook validation in one file from `twilio` to `tollgate/compat`. Other uses of
 * `twilio` stay, and so does the formatting. Code that cannot be moved safely stays as it is, with
 * a note. A file that mocks twilio's validation gets mocks of `tollgate/compat` instead: move it
 * together with the files that it tests.
 *
 * @param source the text of a JavaScript or TypeScript file, with or without JSX
 * @param file the file's name, whose ending gives the language. Default: the text decides, and
 *   `<any>x` counts as a cast if it is not JSX
 * @returns the new text, and notes about lines to check
 * @throws SyntaxError if the text names twilio and cannot be parsed
 * @throws RangeError if it is too large or nested too deeply to be parsed. Thousands of nested
 *   brackets can end the whole process: the command parses in a process of its own.
 */
export function transform(source: string, file?: string): Transformed {
  const planned = plan(source, file)
  const isKept = planned.kind === 'mock' && !planned.hasNames
  const { changed, notes, ...rest } = isKept ? { ...planned, source, changed: false } : planned
  return { source: rest.source, changed, notes }
}

/**
 * Does what {@link transform} does, and says what that means for the other files of the package.
 */
export function plan(source: string, file?: string): Planned {
  const nothing = {
    source,
    changed: false,
    notes: [],
    kind: 'none',
    hasNames: false,
    blocks: [],
    route: undefined,
    passed: [],
  } as const
  if (!/[tT]wilio/.test(source)) return nothing
  const mark = source.startsWith('\uFEFF') ? '\uFEFF' : ''
  const text = source.slice(mark.length)
  const parsed = parse(text, file)
  const { edits, findings, isMock, hasNames, passed } = planMove(text, parsed)
  const next = edits.isEmpty || findings.isFrozen ? text : applySafely(edits, parsed)
  if (next === undefined) findings.keep({ start: 0, end: 0 }, texts.failed)
  const changed = next !== undefined && next !== text
  const node = findRoute(parsed, (one) => edits.slice(one))
  return {
    source: changed ? mark + next : source,
    changed,
    notes: findings.list(changed),
    kind: changed ? (isMock ? 'mock' : 'move') : 'none',
    hasNames,
    blocks: findings.blocks,
    passed,
    route: node && { line: lineOf(text, node.start), text: texts.unverified },
  }
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
