import { decodeUtf8 } from '../bytes.ts'
import type { Pairs } from '../form.ts'
import { kindOf } from '../params/index.ts'
import { parseBoundedJson } from './body-variants.ts'
import { readParsed, type Subject } from './reading.ts'

/** The parameters of a form webhook that a program wrote as JSON. */
interface JsonForm {
  readonly pairs: Pairs
  /** They are an object in a field of the JSON, as programs pass on a whole request. */
  readonly isWrapped: boolean
}

const found = new WeakMap<Subject, JsonForm | undefined>()

/**
 * Finds the parameters of a form webhook in a JSON body, once for each request. A JSON webhook of
 * Twilio's has other names.
 */
export function findJsonForm(subject: Subject): JsonForm | undefined {
  if (!found.has(subject)) found.set(subject, readJsonForm(subject))
  return found.get(subject)
}

/** Events of queues and gateways have few fields. */
const mostFields = 40

function readJsonForm({ body, looksLikeJson, method }: Subject): JsonForm | undefined {
  if (body === undefined || !looksLikeJson || method === 'GET') return undefined
  const json = parseBoundedJson(decodeUtf8(body) ?? '')
  if (!isRecord(json)) return undefined
  const inner = Object.values(json).slice(0, mostFields).filter(isRecord)
  for (const one of [json, ...inner]) {
    const pairs = readParsed(one) ?? []
    if (kindOf(new Map(pairs)) !== undefined) return { pairs, isWrapped: one !== json }
  }
  return undefined
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
