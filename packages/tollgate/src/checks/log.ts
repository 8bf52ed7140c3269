import { createRateLimit } from './limits.ts'
import { showHidden } from './visible-text.ts'

/** Prints a line for the developer or operator. Text of a request must have passed `toLine`. */
export function logProblem(message: string): void {
  // biome-ignore lint/suspicious/noConsole: the developer has no other way to see the problem
  console.error(`tollgate: ${message}`)
}

/** A function of the test server: it holds back the line of a refusal until the test has looked at it. */
export const refusalHolder: unique symbol = Symbol.for('tollgate.testing.holder')

/** Prints a line about a refusal, unless a test has sent the request and expects this. */
export function logUnlessExpected(rejection: object, message: string): void {
  const hold: unknown = (globalThis as { readonly [refusalHolder]?: unknown })[refusalHolder]
  if (typeof hold === 'function') hold(rejection, () => logProblem(message))
  else logProblem(message)
}

/**
 * Limits lines that requests cause, so that a flood of them is no flood of lines. Each kind has a
 * limit of its own.
 * @param seconds After how many seconds a kind may have one more line, in the long run.
 * @param burst How many may come at once.
 * @returns a function that takes a turn: how many of this kind had none since the last one, or
 *   `undefined` if there is no turn now. There must be a bounded number of kinds.
 */
export function createLineLimit(seconds: number, burst: number): (kind: string) => number | undefined {
  const kinds = new Map<string, { readonly rate: ReturnType<typeof createRateLimit>; skipped: number }>()
  return (kind) => {
    const one = kinds.get(kind) ?? { rate: createRateLimit(1 / seconds, () => performance.now(), burst), skipped: 0 }
    kinds.set(kind, one)
    if (one.rate.take(0) === undefined) {
      one.skipped++
      return undefined
    }
    const { skipped } = one
    one.skipped = 0
    return skipped
  }
}

/** Makes one line of a text of strangers, and cuts it after `most` characters. */
export function toLine(text: string, most = 400): string {
  const line = showHidden(text.replace(/[\r\n\t]+/g, ' '))
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}

/** Shows the method and the path of a request, without its query. Anyone may have written them. */
export function showRequest({ method, url }: { readonly method?: unknown; readonly url?: unknown }): string {
  const path = showUrl(`${url}`.replace(/^[a-z]+:\/\/[^/?#]*(?=\/)/i, ''))
  return `${toAscii(`${method}`).slice(0, 10)} ${path}`
}

/** Shows a URL or a path without its query. Anyone may have written it. */
export function showUrl(url: string): string {
  const bare = toAscii(url.replace(/[?#].*$/s, '').slice(0, 2000))
  // No one configures such a segment: a stranger has moved parameters into it.
  return bare.replace(/[^/]{81,}/g, (segment) => `${segment.slice(0, 40)}…`).slice(0, 200)
}

function toAscii(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '?')
}

/**
 * Describes an error that the user's code threw, with the cause that it names. Texts that may be
 * secrets are replaced by their length, and a value that is no Error is not shown.
 */
export function describeError(error: unknown): string {
  try {
    if (!isError(error)) return `a value of type ${typeof error} was thrown, which is no Error`
    // An error of several connections has no message, but a code.
    const { name, message, cause, code }: Error & { readonly code?: unknown } = error
    const inner = isError(cause) && cause.message !== '' ? ` (${cause.message})` : ''
    return toLine(hideSecrets(`${name}: ${message || code || 'no message'}${inner}`), 300)
  } catch {
    return 'an error without a message'
  }
}

/** True for errors of any realm, such as the sandbox of a test runner. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
}

const hidden: readonly (readonly [RegExp, (...groups: string[]) => string])[] = [
  // The user name and the password of a connection string.
  [/:\/\/[^\s/?#]*@/g, () => '://‹user›@'],
  // Queries hold what people wrote.
  [/\?[^\s"'`<>]+/g, (query) => `?${hide(query.slice(1))}`],
  [/((?:pass\w*|pwd|secret|token|key|bearer|authorization)["']?\s*[=:]\s*|\bbearer\s+)([^\s,;)…]{2,})/gi, hideValue],
  // Tokens and keys: letters with digits, but no id of Twilio, which is no secret.
  [/[A-Za-z0-9+_]{20,}=*/g, (text) => (/^[A-Z]{2}[0-9a-f]{32}$/.test(text) || !/\d/.test(text) ? text : hide(text))],
]

function hideValue(_all: string, name: string, value: string): string {
  return name + hide(value)
}

function hide(text: string): string {
  return `‹${text.length} characters›`
}

/** Replaces texts that may be secrets. Each pattern reads the text once. */
function hideSecrets(text: string): string {
  // An error may have a whole answer in its message.
  return hidden.reduce((shown, [pattern, show]) => shown.replace(pattern, show), text.slice(0, 1000))
}
