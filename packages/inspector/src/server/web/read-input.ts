import type { ResignInput, SendInput } from '../../shared/api.ts'
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

function readPairs(given: unknown): HeaderList {
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((one) => typeof one === 'string')
  if (!Array.isArray(given) || !given.every(isPair)) throw mistake('params')
  return given as HeaderList
}

function mistake(name: string): HttpError {
  return new HttpError(400, `"${name}" is missing or has the wrong type.`)
}
