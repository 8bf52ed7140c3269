import { isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { type Configuration, configurationSchema } from './schema.ts'

/** Something in the configuration is wrong. The message names file, line and option, and shows no value. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

type Path = readonly (string | number)[]

export interface ParsedConfiguration {
  readonly configuration: Configuration
  /** An error for one option, with its line. */
  fault(path: Path, message: string): ConfigurationError
}

/** Reads YAML, of which JSON is a part. Throws a ConfigurationError. */
export function parseConfiguration(text: string, file: string): ParsedConfiguration {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const [broken] = document.errors
  if (broken !== undefined)
    throw new ConfigurationError(`${file}:${lines.linePos(broken.pos[0]).line}: ${broken.message}`)

  const fault = (path: Path, message: string): ConfigurationError => {
    const line = findLine(path)
    return new ConfigurationError(`${file}${line === undefined ? '' : `:${line}`}: ${formatPath(path)}${message}`)
  }
  function findLine(path: Path): number | undefined {
    // What is missing has no place: then the nearest thing around it has.
    for (let length = path.length; length >= 0; length--) {
      const offset = findOffset(path.slice(0, length))
      if (offset !== undefined) return lines.linePos(offset).line
    }
    return undefined
  }
  function findOffset(path: Path): number | undefined {
    const name = path.at(-1)
    const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents
    if (name === undefined) return document.contents?.range?.[0]
    if (!isMap(parent)) return rangeOf(document.getIn(path, true))
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === name)
    return rangeOf(pair?.key)
  }

  const parsed = configurationSchema.safeParse(document.toJS() ?? {}, { reportInput: false })
  if (parsed.success) return { configuration: parsed.data, fault }
  const [issue] = parsed.error.issues
  if (issue === undefined) throw new ConfigurationError(`${file}: it cannot be read`)
  throw toFault(issue, fault)
}

function rangeOf(node: unknown): number | undefined {
  const { range }: { range?: readonly number[] | null } = Object(node)
  return range?.[0]
}

function toFault(issue: z.core.$ZodIssue, fault: ParsedConfiguration['fault']): ConfigurationError {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code === 'unrecognized_keys')
    return fault(
      [...path, issue.keys[0] ?? ''],
      'there is no such option here. See docs/gateway.md for those there are',
    )
  // Of several alternatives, the deepest complaint is about the one that was meant.
  if (issue.code === 'invalid_union') {
    const deepest = issue.errors.flat().sort((one, other) => other.path.length - one.path.length)[0]
    if (deepest !== undefined && deepest.path.length > 0)
      return toFault({ ...deepest, path: [...issue.path, ...deepest.path] }, fault)
  }
  return fault(
    path,
    issue.message.replace(/^Invalid input: /, '').replace(/^expected .*received undefined$/, 'is missing'),
  )
}

function formatPath(path: Path): string {
  if (path.length === 0) return ''
  return `${path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`)).join('')}: `
}
