import { decodeLeniently, encodeUtf8 } from './bytes.ts'

/** Decoded form parameters in the order in which they arrived, with repeats. */
export type Pairs = readonly (readonly [name: string, value: string])[]

// With another charset, our parser and the application's parser could give different parameters.
const formType = /^application\/x-www-form-urlencoded\s*(;\s*charset\s*=\s*("utf-8"|utf-8)\s*)?;?$/i

/** True for the Content-Type of a form in UTF-8, as Twilio sends it. */
export function isFormType(contentType: string): boolean {
  // Twilio's own spelling. The pattern takes a quarter of an HMAC for it.
  // Stryker disable next-line ConditionalExpression: the pattern accepts Twilio's own spelling too
  return contentType === 'application/x-www-form-urlencoded; charset=UTF-8' || formType.test(contentType.trim())
}

/**
 * The largest number of pairs in a form or a query. Real webhooks have fewer than a hundred, and a
 * request target of 16 KiB has no room for more than 8,192 that are not empty. Each pair costs far
 * more than its bytes.
 */
export const mostPairs = 10_000

/**
 * True for a form with more pairs than any webhook. It counts separators before anything is
 * decoded, so empty pairs count too.
 */
export function hasTooManyPairs(form: string): boolean {
  // Stryker disable next-line ConditionalExpression: a shorter form has fewer separators
  return form.length >= mostPairs && form.split('&', mostPairs + 1).length > mostPairs
}

/**
 * Parses `application/x-www-form-urlencoded` and keeps order and repeats.
 * @returns `undefined` for invalid percent-encoding or UTF-8, since a guess could differ from what
 *   was signed, and for too many pairs
 */
export function parseForm(form: string): Pairs | undefined {
  if (hasTooManyPairs(form)) return undefined
  try {
    return splitForm(form)
  } catch {
    // decodeURIComponent throws for exactly what we refuse.
  }
  return undefined
}

/**
 * Parses a form as browsers do: a `%` without two hex digits stays, and invalid UTF-8 becomes
 * U+FFFD. Use it only for parameters that are proven by their spelling, as in the query of a GET,
 * or that are not proven. `URLSearchParams` gives the same result, but on Node.js each field with a
 * stray `%` costs it an exception.
 * @returns no pairs for too many pairs
 */
export function parseLeniently(form: string): Pairs {
  if (hasTooManyPairs(form)) return []
  // Escaped `%`, `&`, `+` and `=` stay escaped, so that the rest can be decoded at once, before the
  // fields are split.
  const escaped = form.replace(/%(?=2[56b]|3d)/gi, '%25').replace(/%(?![0-9a-f]{2})/gi, '%2525')
  const bytes = encodeUtf8(escaped)
  let length = 0
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number
    bytes[length++] = byte === 0x25 ? (readHex(bytes[++index]) << 4) | readHex(bytes[++index]) : byte
  }
  return splitForm(decodeLeniently(bytes.subarray(0, length)))
}

/** The low four bits of a letter count from 1, those of a digit from 0. */
function readHex(digit = 0): number {
  // Stryker disable next-line EqualityOperator: only hex digits are read, and 64 (@) is no hex digit
  return (digit & 15) + (digit > 64 ? 9 : 0)
}

/**
 * Replaces every occurrence. For an ordinary text, `replaceAll` takes 1.4 times as long. A long
 * text may be one run of them, for which the loop takes three times as long as `split` and `join`.
 */
export function replaceEach(text: string, from: string, to: string): string {
  // Stryker disable next-line ConditionalExpression,EqualityOperator: both ways replace all, one of them more slowly
  if (text.length >= mostPairs) return text.split(from).join(to)
  let replaced = ''
  let start = 0
  for (let end = text.indexOf(from); end !== -1; end = text.indexOf(from, start)) {
    replaced += text.slice(start, end) + to
    start = end + from.length
  }
  return replaced + text.slice(start)
}

/** Removes repeats. Most lists have one text, which needs no set. */
export function distinct(texts: readonly string[]): readonly string[] {
  // Stryker disable next-line ConditionalExpression: a set of one text gives the same list, only more slowly
  return texts.length < 2 ? texts : [...new Set(texts)]
}

function splitForm(text: string): Pairs {
  const pairs: [string, string][] = []
  // All are kept from field to field. If a hostile body has none, a search in every field would
  // cost the square of its length.
  let equals = -1
  let percent = -1
  let plus = -1
  // Stryker disable next-line EqualityOperator: one more round finds an empty field, which is skipped
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = find(text, '&', start)
    // Stryker disable next-line ConditionalExpression,EqualityOperator: the same position is found, only later
    if (equals < start) equals = find(text, '=', start)
    // Stryker disable next-line ConditionalExpression,EqualityOperator,StringLiteral: the text is the same, only later
    if (percent < start) percent = find(text, '%', start)
    // Stryker disable next-line ConditionalExpression,EqualityOperator,StringLiteral: the text is the same, only later
    if (plus < start) plus = find(text, '+', start)
    if (end === start) continue
    const nameEnd = Math.min(equals, end)
    const name = text.slice(start, nameEnd)
    const value = text.slice(nameEnd + 1, end)
    // Stryker disable next-line ConditionalExpression,EqualityOperator: the text is the same, only later
    pairs.push([decodeField(name, plus < nameEnd, percent < nameEnd), decodeField(value, plus < end, percent < end)])
  }
  return pairs
}

/**
 * Decodes a field. A phone number is decoded by hand: nearly all escapes are in these, and a call
 * for each costs a sixth of an HMAC.
 */
function decodeField(text: string, hasPlus: boolean, hasPercent: boolean): string {
  // Stryker disable next-line StringLiteral: the text is the same, only later
  if (hasPlus) return decodeField(replaceEach(text, '+', ' '), false, hasPercent)
  // Stryker disable next-line ConditionalExpression: the text is the same, only later
  if (!hasPercent) return text
  // Stryker disable next-line ConditionalExpression,MethodExpression,StringLiteral: the text is the same, only later
  return text.startsWith('%2B') && !text.includes('%', 1) ? `+${text.slice(3)}` : decodeURIComponent(text)
}

function find(text: string, character: string, start: number): number {
  const index = text.indexOf(character, start)
  return index === -1 ? text.length : index
}

/**
 * Writes a form body as Twilio's messaging webhooks do: a space is `+`, and only letters, digits
 * and `*-._` stay unescaped.
 */
export function serializeForm(pairs: Pairs): string {
  return new URLSearchParams(pairs as [string, string][]).toString()
}
