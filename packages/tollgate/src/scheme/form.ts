/** Form parameters in the order they arrived, decoded, repeats kept. */
export type Pairs = readonly (readonly [name: string, value: string])[]

// A byte order mark is a character like any other here: Twilio signed it if it sent it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes bytes as UTF-8; `undefined` when they are not. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

// With another charset, what we parse and what the application's parser makes of it could differ.
const formType = /^application\/x-www-form-urlencoded\s*(;\s*charset\s*=\s*("utf-8"|utf-8)\s*)?;?$/i

/** Whether a Content-Type is a form's, in UTF-8 as Twilio sends it. */
export function isFormType(contentType: string): boolean {
  return formType.test(contentType.trim())
}

/**
 * How many pairs a form or a query may have. Real webhooks have fewer than a hundred, and a request target of 16 KiB has no room
 * for more than 8,192 that are not empty. Each pair costs far more than its bytes.
 */
export const mostPairs = 10_000

/** True for a form that has more pairs than any webhook. Empty ones count too: separators are counted before anything is decoded. */
export function hasTooManyPairs(form: string): boolean {
  let separators = 0
  if (form.length >= mostPairs)
    for (let at = form.indexOf('&'); at !== -1 && separators < mostPairs; at = form.indexOf('&', at + 1)) separators++
  return separators >= mostPairs
}

/**
 * Parses `application/x-www-form-urlencoded`, keeping order and repeats. `undefined` for invalid percent-encoding or invalid
 * UTF-8: guessing what the sender meant would let this parse differ from what was signed. `undefined` for too many pairs as well.
 */
export function parseForm(form: string | Uint8Array): Pairs | undefined {
  const text = typeof form === 'string' ? form : decodeUtf8(form)
  if (text === undefined || hasTooManyPairs(text)) return undefined
  try {
    return splitForm(replaceEach(text, '+', ' '))
  } catch {
    return undefined // decodeURIComponent refuses just what we refuse
  }
}

const encoder = new TextEncoder()
const lenientDecoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Parses a form as browsers do: a `%` without two hex digits stays, and invalid UTF-8 becomes U+FFFD. For parameters that are proven
 * by their spelling alone, as in the query of a GET, or by nothing. No pairs for too many. `URLSearchParams` does the same, but
 * on Node.js each field with a stray `%` costs it an exception.
 */
export function parseLeniently(form: string): Pairs {
  if (hasTooManyPairs(form)) return []
  // What a field may hold of `%`, `&` and `=` stays escaped, so that the rest can be decoded at once, before the fields are split.
  const escaped = replaceEach(form, '+', ' ')
    .replace(/%(?=25|26|3d)/gi, '%25')
    .replace(/%(?![0-9a-f]{2})/gi, '%2525')
  const bytes = encoder.encode(escaped)
  let length = 0
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number
    bytes[length++] = byte === 0x25 ? (readHex(bytes[++index]) << 4) | readHex(bytes[++index]) : byte
  }
  return splitForm(lenientDecoder.decode(bytes.subarray(0, length)))
}

/** A letter's low bits count from 1, a digit's from 0. */
function readHex(digit = 0): number {
  return (digit & 15) + (digit > 64 ? 9 : 0)
}

/** `replaceAll` takes three times as long where a hostile text is a long run of what is replaced. */
export function replaceEach(text: string, from: string, to: string): string {
  return text.split(from).join(to)
}

function splitForm(text: string): Pairs {
  const pairs: [string, string][] = []
  // Both are kept from field to field: where a hostile body has none, looking anew in each would cost the square of its length.
  let equals = -1
  let percent = -1
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = find(text, '&', start)
    if (equals < start) equals = find(text, '=', start)
    if (percent < start) percent = find(text, '%', start)
    if (end === start) continue
    const nameEnd = Math.min(equals, end)
    const name = text.slice(start, nameEnd)
    const value = text.slice(nameEnd + 1, end)
    pairs.push([percent < nameEnd ? decodeURIComponent(name) : name, percent < end ? decodeURIComponent(value) : value])
  }
  return pairs
}

function find(text: string, character: string, start: number): number {
  const index = text.indexOf(character, start)
  return index === -1 ? text.length : index
}

/** Writes a form body as Twilio's messaging webhooks do: a space is `+`, and only letters, digits and `*-._` stay as they are. */
export function serializeForm(pairs: Pairs): string {
  return new URLSearchParams(pairs as [string, string][]).toString()
}
