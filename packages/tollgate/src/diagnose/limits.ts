import { decodeUtf8 } from '../bytes.ts'
import { hasTooManyPairs, type Pairs, parseForm } from '../form.ts'
import type { IncomingRequest } from '../verify/types.ts'

/**
 * The work of one diagnosis. `maxTries` limits the HMACs; this limits everything else. One unit is
 * one character that is read once. A flood of refused requests must not stall the server that
 * explains them.
 */
export interface Work {
  /** Counts work before it is done. */
  spend(units: number): void
  /** Returns true once this share of the budget is spent. 1, the default, is the whole budget. */
  isSpent(share?: number): boolean
  /** Returns true if the budget has this many units left. */
  affords(units: number): boolean
  /** Returns true if the event loop has waited long enough for a pause. */
  isDue(): boolean
  /** Lets the event loop run. */
  pause(): Promise<void>
}

/**
 * The budget for each HMAC of `maxTries`, but at least for as many as an ordinary request needs.
 */
const unitsPerTry = 2500
const fewestTries = 20_000

/** About 5 ms. */
const unitsPerTurn = 1_000_000

/** Creates the budget of one diagnosis. */
export function createWork(maxTries: number): Work {
  const total = unitsPerTry * Math.max(maxTries, fewestTries)
  let spent = 0
  let turnStart = 0
  return {
    spend(units) {
      spent += units
    },
    isSpent: (share = 1) => spent >= share * total,
    affords: (units) => spent + units <= total,
    isDue: () => spent - turnStart >= unitsPerTurn,
    async pause() {
      turnStart = spent
      // Every runtime has setTimeout. Unlike a promise, it lets other requests be served.
      await new Promise((resolve) => setTimeout(resolve, 0))
    },
  }
}

// Twilio's forms have about 40 parameters and a few kilobytes. The search skips much larger ones.
const mostFormBytes = 256 * 1024

/** Counts the characters of names and values. */
export function countCharacters(pairs: Pairs): number {
  let count = 0
  for (const [name, value] of pairs) count += name.length + value.length
  return count
}

/** Checks a form's size and its number of parameters before it is parsed. */
export function isHugeForm(body: Uint8Array | undefined): boolean {
  return body !== undefined && (body.length > mostFormBytes || hasTooManyPairs(decodeUtf8(body) ?? ''))
}

/** Parses a form of a usual size. */
export function parseFormBody(body: Uint8Array): Pairs | undefined {
  const text = body.length > mostFormBytes ? undefined : decodeUtf8(body)
  return text === undefined ? undefined : parseForm(text)
}

/**
 * Checks the size of a value: its parts on all levels together, and its levels. It iterates,
 * because recursion over 100,000 levels overflows the stack, and it ends for values that contain
 * themselves.
 */
export function isBounded(value: unknown, mostParts: number, mostLevels: number): boolean {
  let level: readonly unknown[] = [value]
  let parts = 1
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > mostLevels) return false
    const next: unknown[] = []
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue
      for (const part of Object.values(one)) {
        if (++parts > mostParts) return false
        if (typeof part === 'object' && part !== null) next.push(part)
      }
    }
    level = next
  }
  return true
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b])
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d])

/** Checks the size of a JSON value before the text is parsed. */
export function isBoundedJson(text: string, mostParts: number, mostLevels: number): boolean {
  return measureJson(text, mostParts, mostLevels) !== 'too large'
}

/** Recognises JSON whose end is cut off, however large it is. */
export function isUnfinishedJson(text: string): boolean {
  const [first = '', last = ''] = [text.trimStart().at(0), text.trimEnd().at(-1)]
  // A quote that came from a wrong character set opens a text that never ends.
  if (!['[', '{'].includes(first) || last === (first === '[' ? ']' : '}')) return false
  return measureJson(text, Infinity, Infinity) === 'unfinished'
}

function measureJson(text: string, mostParts: number, mostLevels: number): 'whole' | 'unfinished' | 'too large' {
  let depth = 0
  let parts = 0
  let isQuoted = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (isQuoted) {
      if (code === backslash) index++
      else if (code === quote) isQuoted = false
    } else if (code === quote) isQuoted = true
    else if (code === comma) parts++
    else if (opening.has(code)) {
      depth++
      parts++
    } else if (closing.has(code)) depth--
    if (depth > mostLevels || parts > mostParts) return 'too large'
  }
  return isQuoted || depth > 0 ? 'unfinished' : 'whole'
}

/** Copies a request with the accessors of its class, which a spread leaves out. Servers have such requests. */
export function copyRequest(request: IncomingRequest): IncomingRequest {
  const { method, url, headers, body } = request
  return { ...request, method, url, headers, body }
}
