import { property, readObject, textOf, writeInertJson } from './json.ts'
import type { RecordedRequest } from './request.ts'

// A command and a raw request have no place for marks. Comments before them have the marks.
const sentences = {
  bodyTruncated: 'Only the beginning of the body was kept.',
  bodyDecoded: 'The body was written from decoded names and values, so its bytes may differ.',
  bodyLost: 'The body was not kept.',
} as const

const values = {
  url: 'The recorded URL',
  target: 'The server got',
  parsedBody: 'A parser left of the body',
  leftOut: 'Left out',
} as const

/** Facts about a request that comments hold. */
export interface Notes extends Pick<RecordedRequest, 'target' | 'bodyTruncated' | 'bodyDecoded' | 'parsedBody'> {
  readonly bodyLost?: boolean | undefined
  /** The URL, if it is written in another way. */
  readonly url?: string | undefined
  /** Headers that are not written. */
  readonly leftOut: readonly LeftOut[]
}

interface LeftOut {
  readonly name: string
  readonly value: string
  readonly reason: string
}

/**
 * Writes one comment for each mark, in ASCII. In a terminal, zsh takes a comment as a command and reads
 * the quoted text in it, so nothing there may start a command.
 */
export function writeNotes(notes: Notes): string[] {
  const lines: string[] = []
  for (const name of Object.keys(sentences) as (keyof typeof sentences)[]) if (notes[name]) lines.push(sentences[name])
  for (const name of ['url', 'target', 'parsedBody'] as const)
    if (notes[name] !== undefined) lines.push(`${values[name]}: ${writeInertJson(notes[name])}`)
  for (const { name, value, reason } of notes.leftOut)
    lines.push(`${values.leftOut}, because ${reason}: ${writeInertJson(`${name}: ${value}`)}`)
  return lines.map((line) => `# ${line}`)
}

/** Reads the comments that `writeNotes` wrote. It skips all others. */
export function readNotes(lines: readonly string[]): Notes {
  const found: Record<string, unknown> = {}
  const leftOut: LeftOut[] = []
  for (const line of lines) {
    const flag = Object.entries(sentences).find(([, sentence]) => line === `# ${sentence}`)
    if (flag !== undefined) found[flag[0]] = true
    const [, what, reason = '', json = ''] = /^# ([\w ]+?)(?:, because ([\w ,-]+))?: (["{].*)$/.exec(line) ?? []
    const name = Object.entries(values).find(([, words]) => words === what)?.[0]
    const value = name === undefined ? undefined : parseValue(json)
    if (name === 'leftOut' && typeof value === 'string') {
      const end = value.indexOf(': ')
      if (end > 0) leftOut.push({ name: value.slice(0, end), value: value.slice(end + 2), reason })
    } else if (name !== undefined && value !== undefined) found[name] = value
  }
  return {
    ...(found.bodyTruncated === true && { bodyTruncated: true }),
    ...(found.bodyDecoded === true && { bodyDecoded: true }),
    ...(found.bodyLost === true && { bodyLost: true }),
    url: textOf(found, 'url'),
    target: textOf(found, 'target'),
    parsedBody: readObject(property(found, 'parsedBody')),
    leftOut,
  }
}

function parseValue(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
