import { checkKnownOptions, parseInteger, toList } from '../checks/options.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { describeSecretFault, isAccountSid, parseTokens } from '../checks/secrets.ts'
import type { Awaitable } from '../checks/time-limit.ts'
import { parsePublicUrl, resolveByRule, resolveFromList, type UrlResolver } from './public-url.ts'
import { type AuthTokenLookup, type IncomingRequest, publicUrlRule, type VerifierOptions } from './types.ts'

/** The option `authToken` after parsing. */
export type AuthTokens =
  | { readonly kind: 'none' }
  | { readonly kind: 'single'; readonly tokens: readonly string[] }
  | { readonly kind: 'record'; readonly tokens: ReadonlyMap<string, readonly string[]> }
  | { readonly kind: 'lookup'; readonly lookup: AuthTokenLookup }

/** The options of a verifier: parsed once, with their defaults. */
export interface Settings {
  readonly given: VerifierOptions
  readonly resolveUrl: UrlResolver
  readonly eitherSlash: boolean
  readonly authTokens: AuthTokens
  readonly findSharedKey: (keyId: string) => Awaitable<unknown>
  readonly sharedKeysOnly: boolean
  readonly accountSids: ReadonlySet<string> | undefined
  readonly observe: boolean
  readonly maxBodyBytes: number
  readonly lookupTimeoutMs: number
}

const known: Readonly<Record<keyof VerifierOptions, true>> = {
  publicUrl: true,
  signedUrl: true,
  trailingSlash: true,
  authToken: true,
  sharedKeys: true,
  sharedKeysOnly: true,
  accountSid: true,
  mode: true,
  replay: true,
  maxBodyBytes: true,
  lookupTimeoutMs: true,
  diagnose: true,
  onVerdict: true,
  onRejected: true,
}

/**
 * Parses the options of a verifier.
 * @throws TypeError or RangeError that names the option and never shows a token.
 */
export function parseOptions(given: VerifierOptions): Settings {
  checkKnownOptions(given, known, 'the verifier')
  for (const name of ['signedUrl', 'onVerdict', 'onRejected'] as const) checkOptional(given, name, 'function')
  const sharedKeysOnly = checkOptional(given, 'sharedKeysOnly', 'boolean') ?? false
  if (sharedKeysOnly && given.sharedKeys === undefined)
    throw new TypeError('"sharedKeysOnly" is set, and "sharedKeys" gives none')
  checkMethod(given.replay, 'replay', 'reserve')
  checkMethod(given.diagnose, 'diagnose', 'explain')
  return {
    given: Object.freeze({ ...given }),
    resolveUrl: parseUrlOptions(given),
    eitherSlash: parseChoice(given.trailingSlash, 'trailingSlash', ['exact', 'either']) === 'either',
    authTokens: parseAuthToken(given),
    findSharedKey: parseSharedKeys(given.sharedKeys),
    sharedKeysOnly,
    accountSids: parseAccountSids(given.accountSid),
    observe: parseChoice(given.mode, 'mode', ['enforce', 'observe']) === 'observe',
    maxBodyBytes: parseInteger(given.maxBodyBytes, 'maxBodyBytes', 0, Number.MAX_SAFE_INTEGER) ?? 1024 * 1024,
    lookupTimeoutMs: parseInteger(given.lookupTimeoutMs, 'lookupTimeoutMs', 1, 15_000) ?? 3000,
  }
}

function parseUrlOptions(given: VerifierOptions): Settings['resolveUrl'] {
  const { signedUrl } = given
  if (signedUrl !== undefined) return (_head, source) => resolveByRule(() => signedUrl(source as IncomingRequest))
  const publicUrl = given.publicUrl ?? readEnvironment('TOLLGATE_PUBLIC_URL')
  if (publicUrl === undefined) throw new TypeError('"publicUrl" is missing: give it, or set TOLLGATE_PUBLIC_URL')
  if (typeof publicUrl === 'object' && publicUrl !== null && publicUrlRule in publicUrl)
    return publicUrl[publicUrlRule] as UrlResolver
  const where = given.publicUrl === undefined ? 'TOLLGATE_PUBLIC_URL' : 'publicUrl'
  return resolveFromList(toList(publicUrl, where).map((url) => parsePublicUrl(url, where)))
}

function parseAuthToken(given: VerifierOptions): AuthTokens {
  const { authToken } = given
  if (typeof authToken === 'function') return { kind: 'lookup', lookup: authToken }
  if (authToken === undefined) {
    if (given.sharedKeys !== undefined) return { kind: 'none' }
    const token = readEnvironment('TWILIO_AUTH_TOKEN')
    if (token !== undefined) return { kind: 'single', tokens: parseTokens(token, 'TWILIO_AUTH_TOKEN') }
    throw new TypeError('"authToken" is missing: give it, or "sharedKeys", or set TWILIO_AUTH_TOKEN')
  }
  if (typeof authToken !== 'object' || authToken === null || Array.isArray(authToken))
    return { kind: 'single', tokens: parseTokens(authToken, 'authToken') }
  const tokens = new Map<string, readonly string[]>()
  for (const [accountSid, accountTokens] of Object.entries(authToken)) {
    if (!isAccountSid(accountSid))
      throw new TypeError('"authToken" has a name that is no AccountSid ("AC" and 32 hex digits)')
    tokens.set(accountSid, parseTokens(accountTokens, `authToken.${accountSid}`))
  }
  if (tokens.size === 0) throw new TypeError('"authToken" is an empty record')
  return { kind: 'record', tokens }
}

function parseSharedKeys(sharedKeys: unknown): Settings['findSharedKey'] {
  if (sharedKeys === undefined) return () => undefined
  if (typeof sharedKeys === 'function') return (keyId) => sharedKeys(keyId)
  if (typeof sharedKeys !== 'object' || sharedKeys === null || Array.isArray(sharedKeys))
    throw new TypeError('"sharedKeys" must be a record from key ids to secrets, or a function')
  const keys = new Map<string, unknown>()
  for (const [keyId, key] of Object.entries(sharedKeys)) {
    const { secret, accountSid } =
      typeof key === 'object' && key !== null ? key : { secret: key, accountSid: undefined }
    const fault = describeSecretFault(secret)
    if (fault !== undefined) throw new TypeError(`"sharedKeys.${keyId}" ${fault}`)
    if (accountSid !== undefined && !(typeof accountSid === 'string' && isAccountSid(accountSid)))
      throw new TypeError(`"sharedKeys.${keyId}.accountSid" is no AccountSid ("AC" and 32 hex digits)`)
    keys.set(keyId, { secret, accountSid })
  }
  if (keys.size === 0) throw new TypeError('"sharedKeys" is an empty record')
  return (keyId) => keys.get(keyId)
}

function parseAccountSids(accountSid: unknown): ReadonlySet<string> | undefined {
  if (accountSid === undefined) return undefined
  const list = toList(accountSid, 'accountSid')
  for (const one of list)
    if (typeof one !== 'string' || !isAccountSid(one))
      throw new TypeError('"accountSid" must be "AC" and 32 hex digits')
  return new Set(list as string[])
}

function checkOptional<K extends keyof VerifierOptions>(
  given: VerifierOptions,
  name: K,
  type: string,
): VerifierOptions[K] {
  const value = given[name]
  if (value !== undefined && typeof value !== type)
    throw new TypeError(`"${name}" must be a ${type}, got ${typeof value}`)
  return value
}

function checkMethod(value: unknown, name: string, method: string): void {
  if (value === undefined) return
  const object: { readonly [name: string]: unknown } = Object(value)
  if (typeof object[method] !== 'function') throw new TypeError(`"${name}" must have a method "${method}"`)
}

function parseChoice<T extends string>(value: T | undefined, name: string, choices: readonly T[]): T | undefined {
  if (value === undefined || choices.includes(value)) return value
  throw new TypeError(`"${name}" must be ${choices.map((choice) => `'${choice}'`).join(' or ')}`)
}
