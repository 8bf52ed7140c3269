import { toList } from './options.ts'

/** The Auth Token of an account, or several during a rotation, in the order to try. At most 16. */
export type Tokens = string | readonly string[]

/** The largest number of tokens that one check tries. */
export const maxTokens = 16

const accountSidPattern = /^AC[0-9a-fA-F]{32}$/

/** True for a text with the form of an AccountSid: `AC` and 32 hex digits. */
export function isAccountSid(text: unknown): text is string {
  return typeof text === 'string' && accountSidPattern.test(text)
}

/** Describes the fault of an Auth Token without showing the token. `undefined` if it has none. */
export function describeTokenFault(token: unknown): string | undefined {
  const fault = describeSecretFault(token)
  if (fault === placeholder) return `${placeholder}; ${whereTokenIs}`
  if (fault !== undefined || typeof token !== 'string') return fault
  if (/^SK|^AC/.test(token))
    return `is an ${token[0] === 'A' ? 'AccountSid' : 'API key'}; Twilio signs with the Auth Token`
  return isAscii.test(token) ? undefined : 'has a space, a comment or a character outside ASCII in it'
}

const placeholder = 'is a placeholder'
/** Says where to find the Auth Token, for errors about a missing or faulty one. */
export const whereTokenIs = 'the Auth Token is on the first page of the Twilio console'
const isAscii = /^[!-~]*$/

/**
 * Describes the fault of any secret, an Auth Token or a SharedKey, without showing it. `undefined`
 * if it has none.
 */
export function describeSecretFault(secret: unknown): string | undefined {
  if (typeof secret !== 'string') return `must be a string, got ${secret === null ? secret : typeof secret}`
  if (!secret.trim()) return 'is empty or blank'
  if (secret.trim() !== secret) return 'has white space around it'
  if (hasControlCharacter.test(secret)) return 'has a line break or control character in it'
  if (isQuoted.test(secret)) return 'is in quotes'
  if (isOther.test(secret)) return 'is JSON (give its value), an object or no value as text'
  if (isPlaceholder.test(secret)) return placeholder
  return undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const hasControlCharacter = /[\x00-\x1f\x7f]/
const isQuoted = /^(["'`]).*\1$/
// Stores of secrets return several values in one JSON text. The others are what a missing value, or an
// object without its field or its `await`, becomes in a text.
const isOther = /^(\{\s*"|\[object |(undefined|null|nan)$)/i
// A mask, the remains of a template string or an example file, a reference of 1Password whose names have
// spaces, or a variable's name instead of its value.
const isPlaceholder =
  /^(<.*>|\$?\{.*}|x{4,}|[*.…•]+|\[\D+]|(op:.* |your[ _-]).*|(change|replace)[ _-]?(me|this)|[$%(]*(process\.env\.|env:)?(twilio_auth_token|tollgate_shared_key)%?)$/i

/**
 * Checks the tokens of an option.
 * @param where Names the option in the error.
 * @throws TypeError that never shows the token.
 */
export function parseTokens(tokens: unknown, where: string): readonly string[] {
  const list = toList(tokens, where)
  if (list.length > maxTokens) throw new TypeError(`"${where}" has more than ${maxTokens} tokens`)
  for (const [index, token] of list.entries()) {
    const fault = describeTokenFault(token)
    if (fault !== undefined) throw new TypeError(`"${where}"${list.length > 1 ? ` [${index}]` : ''} ${fault}`)
  }
  return [...list] as string[]
}

/**
 * Checks the tokens of a look-up's answer. `undefined` for unusable ones: a request must not cause
 * an error.
 */
export function readTokens(tokens: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(tokens) ? tokens : [tokens]
  if (list.length === 0 || list.length > maxTokens) return undefined
  if (list.some((token) => describeTokenFault(token) !== undefined)) return undefined
  return [...list] as string[]
}

/** Makes 32 random hex digits: an Auth Token with which no one signs, or the rest of a SID. */
export function makeRandomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
