import { Composer, type CST, Document, isMap, isPair, isScalar, Lexer, LineCounter, Parser } from 'yaml'
import type * as z from 'zod'
import { misplaced } from '../check-options.ts'
import { findVariableName } from '../routes.ts'
import { type Steps, wholeSlice } from '../slices.ts'
import { type Configuration, configurationSchema } from './schema.ts'

/**
 * An error in the configuration. The message names file, line and option, and contains no value.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/** Names in the file, from the outermost to an option. */
export type Path = readonly (string | number)[]

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
export function* parseConfiguration(text: string, file: string): Steps<ParsedConfiguration> {
  const lines = new LineCounter()
  const [document = new Document(), second] = yield* parseDocuments(text, lines)
  const [broken] = document.errors
  if (broken !== undefined || second !== undefined) {
    const message = broken?.message ?? 'the file has more than one document'
    throw new ConfigurationError(`${file}:${lines.linePos(broken?.pos[0] ?? second?.range?.[0] ?? 0).line}: ${message}`)
  }

  const createError = (path: Path, message: string): ConfigurationError => {
    // A missing option has no line. The line of the nearest option around it is used.
    const offset = [...path, ''].map((_, length) => findOffset(path.slice(0, length))).findLast(Number.isInteger)
    const line = offset === undefined ? '' : `:${lines.linePos(offset).line}`
    return new ConfigurationError(`${file}${line}: ${formatPath(path)}${message}`)
  }
  function findOffset(path: Path): number | undefined {
    const name = path.at(-1)
    const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents
    if (name === undefined) return document.contents?.range?.[0]
    if (!isMap(parent)) return readOffset(document.getIn(path, true))
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === name)
    return readOffset(pair?.key)
  }

  let value: unknown
  try {
    value = document.toJS() ?? {}
  } catch (error) {
    // Aliases would make a small file large.
    throw new ConfigurationError(`${file}: ${(error as Error).message}`)
  }
  yield wholeSlice
  const variable = findVariable(value)
  yield wholeSlice
  if (variable !== undefined)
    throw createError(variable.path, `holds ${variable.name}, but the file is read as it stands`)
  const parsed = configurationSchema.safeParse(value, { reportInput: false, error: describeUnknown })
  if (parsed.success) return { configuration: parsed.data, createError }
  const { issues } = parsed.error
  // A misspelt option often causes another issue, because the right one is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  if (issue === undefined) throw new ConfigurationError(`${file}: it cannot be read`)
  throw convertIssue(issue, createError)
}

// Reading a route takes about as long as reading so many lexemes.
const lexemesPerRoute = 16

/** Parses as `parseDocument` of yaml does, but in steps. Composing the nodes is one of them. */
function* parseDocuments(text: string, lines: LineCounter): Steps<readonly Document[]> {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  const tokens: CST.Token[] = []
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    yield 1 / lexemesPerRoute
  }
  tokens.push(...parser.end())
  yield wholeSlice
  const composer = new Composer({ lineCounter: lines, prettyErrors: false, merge: true })
  const documents = [...composer.compose(tokens, true, text.length)]
  yield wholeSlice
  return documents
}

/** Finds a text with `${…}`, which other tools replace. */
function findVariable(value: unknown, path: Path = []): { readonly path: Path; readonly name: string } | undefined {
  if (typeof value === 'string') {
    if (!value.includes('${')) return undefined
    const name = findVariableName(value)
    return { path, name: name === undefined ? 'a variable' : `the variable ${name}` }
  }
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, inner] of Object.entries(value)) {
    const found = findVariable(inner, [...path, Array.isArray(value) ? Number(name) : name])
    if (found !== undefined) return found
  }
  return undefined
}

function readOffset(node: unknown): number | undefined {
  const { range }: { range?: readonly number[] | null } = Object(node)
  return range?.[0]
}

/** Says which options there are in the place of an unknown one. Other issues have a message. */
const describeUnknown: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'unrecognized_keys') return undefined
  const [name = ''] = issue.keys
  // Earlier releases had these two.
  const advice = name === 'workers' || name === 'tls' ? misplaced.get(name) : undefined
  const { shape } = (issue.inst as z.core.$ZodObject)._zod.def
  return `there is no such option here. ${advice ?? suggest(name, Object.keys(shape))}`
}

function convertIssue(issue: z.core.$ZodIssue, createError: ParsedConfiguration['createError']): ConfigurationError {
  // The alternative with the deepest issue is probably the intended one.
  if (issue.code === 'invalid_union') {
    const deepest = issue.errors.flat().sort((one, other) => other.path.length - one.path.length)[0]
    if (deepest !== undefined && (deepest.path.length > 0 || deepest.code === 'unrecognized_keys'))
      return convertIssue({ ...deepest, path: [...issue.path, ...deepest.path] }, createError)
  }
  const [unknown = []] = issue.code === 'unrecognized_keys' ? issue.keys : []
  return createError(
    // A part of a file is never a symbol.
    [issue.path as Path, unknown].flat(),
    issue.message.replace(/^Invalid input: /, '').replace(/^expected .*received undefined$/, 'is missing'),
  )
}

/**
 * Returns the option that differs only in letter case, hyphens or underscores, or else all options.
 */
function suggest(name: string, options: readonly string[]): string {
  const fold = (text: string): string => text.toLowerCase().replace(/[-_]/g, '')
  const same = options.find((option) => fold(option) === fold(name))
  return same === undefined ? `Options here: ${options.join(', ')}` : `Did you mean ${same}?`
}

function formatPath(path: Path): string {
  if (path.length === 0) return ''
  const parts = path.map((part, index) => {
    if (typeof part === 'number') return `[${part}]`
    // Names from the file can contain control characters.
    return `${index === 0 ? '' : '.'}${/^[\w-]+$/.test(part) ? part : JSON.stringify(part)}`
  })
  return `${parts.join('')}: `
}
