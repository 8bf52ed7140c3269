import { kinds } from '../webhooks/index.ts'
import { decodeAll } from './encodings.ts'
import { stripDigits } from './ends.ts'

export function splitFields(query: string): string[] {
  return query.length < 2 ? [] : query.slice(1).split('&')
}

export function joinFields(fields: readonly string[]): string {
  return fields.length === 0 ? '' : `?${fields.join('&')}`
}

export function nameOf(field: string): string {
  return decodeAll(field.replace(/=.*$/s, ''))
}

let twilioNames: Set<string> | undefined

export function isTwilioName(name: string): boolean {
  twilioNames ??= new Set(Object.values(kinds).flatMap((row) => row.parameters.map((parameter) => parameter.name)))
  return twilioNames.has(name) || twilioNames.has(`${stripDigits(name)}{N}`)
}
