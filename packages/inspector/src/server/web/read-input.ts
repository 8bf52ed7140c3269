import type { CallInput, CallSteps, ResignInput, SendInput } from '../../shared/api.ts'
import type { HeaderList } from '../../shared/capture.ts'
import { HttpError } from './answers.ts'

type Fields = Readonly<Record<string, unknown>>

export function readSendInput(given: unknown): SendInput {
  const fields = readFields(given)
  const overrides = fields.overrides === undefined ? [] : Object.entries(readFields(fields.overrides))
  if (overrides.some(([, value]) => typeof value !== 'string')) throw mistake('overrides')
  return {
    kind: readText(fields, 'kind'),
    ...(fields.path !== undefined && { path: readText(fields, 'path') }),
    overrides: Object.fromEntries(overrides) as Record<string, string>,
    spoofed: fields.spoofed === true,
    useRealToken: fields.useRealToken === true,
  }
}

export function readResignInput(given: unknown): ResignInput {
  const fields = readFields(given)
  return {
    method: readText(fields, 'method'),
    target: readText(fields, 'target'),
    ...(fields.params !== undefined && { params: readPairs(fields.params) }),
    ...(fields.body !== undefined && { body: readText(fields, 'body') }),
    ...(fields.contentType !== undefined && { contentType: readText(fields, 'contentType') }),
    useRealToken: fields.useRealToken === true,
  }
}

export function readCallInput(given: unknown): CallInput {
  const fields = readFields(given)
  return {
    path: readTextUpTo(fields, 'path', 2_000),
    from: readTextUpTo(fields, 'from', 200),
    to: readTextUpTo(fields, 'to', 200),
    useRealToken: fields.useRealToken === true,
  }
}

const outcomes = ['completed', 'busy', 'no-answer', 'failed'] as const

/** One reader per step of a call. */
export const stepReaders: { readonly [Name in keyof CallSteps]: (given: unknown) => CallSteps[Name] } = {
  press(given) {
    const keys = readTextUpTo(readFields(given), 'keys', 100)
    if (!/^[\d*#]+$/.test(keys)) throw new HttpError(400, '"keys" may have digits, * and #.')
    return { keys }
  },
  say: (given) => ({ text: readTextUpTo(readFields(given), 'text', 1_000) }),
  wait: () => ({}),
  answer(given) {
    const { outcome } = readFields(given)
    const known = outcomes.find((one) => one === outcome)
    if (known === undefined) throw mistake('outcome')
    return { outcome: known }
  },
  hangup: () => ({}),
}

export function readIds(given: unknown): readonly string[] {
  const { ids } = readFields(given)
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) throw mistake('ids')
  return ids
}

function readFields(given: unknown): Fields {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new HttpError(400, 'The body must be a JSON object.')
  return given as Fields
}

function readText(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw mistake(name)
  return value
}

function readTextUpTo(fields: Fields, name: string, most: number): string {
  const text = readText(fields, name).trim()
  if (text === '' || text.length > most) throw new HttpError(400, `"${name}" needs 1 to ${most} characters.`)
  return text
}

function readPairs(given: unknown): HeaderList {
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((one) => typeof one === 'string')
  if (!Array.isArray(given) || !given.every(isPair)) throw mistake('params')
  return given as HeaderList
}

function mistake(name: string): HttpError {
  return new HttpError(400, `"${name}" is missing or has the wrong type.`)
}
