import { isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { type Configuration, configurationSchema } from './schema.ts'

/**
 * An error in the configuration. The message names file, line and option, and contains no value.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

type Path = readonly (string | number)[]

/** A configuration that matches the schema. */
export interface ParsedConfiguration {
  readonly configuration: Configuration
  /** Creates an error that names an option and its line. */
  createError(path: Path, message: string): ConfigurationError
}

/**
 * Reads a configuration in YAML or JSON.
 * @throws ConfigurationError
 */
export function parseConfiguration(text: string, file: string): ParsedConfiguration {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const [broken] = document.errors
  if (broken !== undefined)
    throw new ConfigurationError(`${file}:${lines.linePos(broken.pos[0]).line}: ${broken.message}`)

  const createError = (path: Path, message: string): ConfigurationError => {
    const line = findLine(path)
    return new ConfigurationError(`${file}${line === undefined ? '' : `:${line}`}: ${formatPath(path)}${message}`)
  }
  function findLine(path: Path): number | undefined {
    // A missing option has no line. The line of the nearest option around it is used.
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
    if (!isMap(parent)) return readOffset(document.getIn(path, true))
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === name)
    return readOffset(pair?.key)
  }

  const parsed = configurationSchema.safeParse(document.toJS() ?? {}, { reportInput: false })
  if (parsed.success) return { configuration: parsed.data, createError }
  const [issue] = parsed.error.issues
  if (issue === undefined) throw new ConfigurationError(`${file}: it cannot be read`)
  throw convertIssue(issue, createError)
}

function readOffset(node: unknown): number | undefined {
  const { range }: { range?: readonly number[] | null } = Object(node)
  return range?.[0]
}

function convertIssue(issue: z.core.$ZodIssue, createError: ParsedConfiguration['createError']): ConfigurationError {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code === 'unrecognized_keys')
    return createError(
      [...path, issue.keys[0] ?? ''],
      'there is no such option here. docs/gateway.md lists all options',
    )
  // The alternative with the deepest issue is probably the intended one.
  if (issue.code === 'invalid_union') {
    const deepest = issue.errors.flat().sort((one, other) => other.path.length - one.path.length)[0]
    if (deepest !== undefined && deepest.path.length > 0)
      return convertIssue({ ...deepest, path: [...issue.path, ...deepest.path] }, createError)
  }
  return createError(
    path,
    issue.message.replace(/^Invalid input: /, '').replace(/^expected .*received undefined$/, 'is missing'),
  )
}

function formatPath(path: Path): string {
  if (path.length === 0) return ''
  return `${path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`)).join('')}: `
}
