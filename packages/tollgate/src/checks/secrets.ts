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

/**
 * Returns an AccountSid that was given.
 * @param where Names it in the error.
 * @throws TypeError if the value is no AccountSid.
 */
export function checkAccountSid(value: unknown, where: string): string {
  if (isAccountSid(value)) return value
  throw new TypeError(`${where} is not "AC" and 32 hex digits`)
}

/** Describes the fault of an Auth Token without showing the token. `undefined` if it has none. */
export function describeTokenFault(token: unknown): string | undefined {
  const fault = describeSecretFault(token) ?? describeOtherText(token as string)
  return fault && `${fault}; ${whereTokenIs}`
}

function describeOtherText(token: string): string | undefined {
  if (/^SK|^AC/.test(token)) return `is an ${token[0] === 'A' ? 'AccountSid' : 'API key'}`
  return isAscii.test(token) ? undefined : 'has a space or a character outside ASCII in it'
}

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
  if (isPlaceholder.test(secret)) return 'is a placeholder'
  return undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const hasControlCharacter = /[\x00-\x1f\x7f]/
const isQuoted = /^(["'`]).*\1$/
// Stores of secrets return several values in one JSON text. The others are what a missing value, or an
// object without its field or its `await`, becomes in a text.
const isOther = /^(\{\s*"|\[object |(undefined|null|nan)$)/i
// A mask, the remains of a template string, a reference of 1Password whose names have spaces, or words of
// which each is in a list: the name of a variable, or what an example file says in place of the value.
// One of them must be `token`, `env`, `todo` or a call to change it, because a few of the others are secrets.
const isPlaceholder =
  /^(<.*>|\$?\{.*}|x{4,}|[*.…•]+|\[\D+]|(op:.* |your[ _-]|.*\.env\b).*|(?=.*(token|env|todo|change|replace|gate_))[\W_]*((auth|token|twilio|tollgate|shared|key|my|your|put|insert|here|change|replace|me|this|with|env|process|todo)[\W_]*)+)$/i

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
