import { toList } from './options.ts'

/** One account's Auth Token, or several while it is being rotated, in the order to try. At most 16. */
export type Tokens = string | readonly string[]

export const maxTokens = 16

const accountSidPattern = /^AC[0-9a-fA-F]{32}$/

/** Whether a text has the form of an AccountSid: `AC` and 32 hex digits. */
export function isAccountSid(text: string): boolean {
  return accountSidPattern.test(text)
}

/** Says what is wrong with an Auth Token, without showing it; `undefined` when nothing is. */
export function describeTokenFault(token: unknown): string | undefined {
  const fault = describeSecretFault(token)
  if (fault !== undefined || typeof token !== 'string') return fault
  if (token.startsWith('SK')) return 'is the SID of an API key; webhooks are signed with the Auth Token'
  if (token.startsWith('AC')) return 'is an AccountSid; webhooks are signed with the Auth Token'
  return undefined
}

/** The same for any secret: what it says holds for a SharedKey's too. */
export function describeSecretFault(secret: unknown): string | undefined {
  if (typeof secret !== 'string') return `must be a string, got ${secret === null ? 'null' : typeof secret}`
  if (secret === '') return 'is empty'
  if (secret.trim() === '') return 'is blank'
  if (secret.trim() !== secret) return 'has white space around it'
  if (hasControlCharacter.test(secret)) return 'has a line break or another control character in it'
  if (isQuoted.test(secret)) return 'is in quotes; give what is between them'
  if (isPlaceholder.test(secret)) return 'is a placeholder, not a secret'
  return undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const hasControlCharacter = /[\x00-\x1f\x7f]/
const isQuoted = /^(["'`]).*\1$/
// What a template string or an example file leaves behind.
const isPlaceholder = /^(undefined|null|nan|\[object \w+\]|<.*>|\$?\{.*\}|x{4,}|\*{4,}|your[ _-].*)$/i

/** Checks tokens given as an option; `where` names it. Throws a TypeError that never shows the token. */
export function parseTokens(tokens: unknown, where: string): readonly string[] {
  const list = toList(tokens, where)
  if (list.length > maxTokens)
    throw new TypeError(`"${where}" has ${list.length} tokens; at most ${maxTokens} are tried`)
  for (const [index, token] of list.entries()) {
    const fault = describeTokenFault(token)
    if (fault !== undefined) throw new TypeError(`"${where}"${list.length > 1 ? ` [${index}]` : ''} ${fault}`)
  }
  return [...list] as string[]
}

/** The same for what a look-up gave: `undefined` instead of an error, since a request must not cause one. */
export function readTokens(tokens: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(tokens) ? tokens : [tokens]
  if (list.length === 0 || list.length > maxTokens) return undefined
  if (list.some((token) => describeTokenFault(token) !== undefined)) return undefined
  return [...list] as string[]
}
