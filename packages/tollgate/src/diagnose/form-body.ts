import type { Pairs } from '../scheme/form.ts'
import { parseForm } from '../scheme/form.ts'

// Twilio's forms have some 40 parameters and a few kilobytes. Of a much larger one nothing is searched.
const mostBytes = 256 * 1024
const mostPairs = 10_000

export function isHugeForm(body: Uint8Array | undefined): boolean {
  return body !== undefined && body.length > mostBytes
}

export function hasTooManyPairs(pairs: Pairs): boolean {
  return pairs.length > mostPairs
}

/** `undefined` for what is no form, and for what is too large for one of Twilio's. */
export function parseFormBody(body: Uint8Array): Pairs | undefined {
  const pairs = isHugeForm(body) ? undefined : parseForm(body)
  return pairs === undefined || hasTooManyPairs(pairs) ? undefined : pairs
}
