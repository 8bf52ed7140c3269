import { describeSecretFault, isAccountSid, parseTokens, type Tokens } from './auth-token.ts'
import { readEnvironment } from './environment.ts'
import type { AuthTokenLookup, Awaitable, Diagnoser, IncomingRequest, ReplayGuard, SharedKey } from './interfaces.ts'
import { checkKnownOptions, toList } from './known-options.ts'
import { parseInteger } from './parse-integer.ts'
import { type PublicUrlRule, publicUrlRule } from './request/forwarded.ts'
import { parsePublicUrl, resolveByRule, resolveFromList, type UrlResolver } from './request/public-url.ts'
import type { Mode, Rejected, Verdict } from './verdict.ts'

/** Another answer to a refused request than the default. */
export interface Answer {
  /** 400 or more; anything else is a TypeError, since it would let a refused request look accepted. */
  readonly status: number
  /**
   * Names and values that HTTP allows: Latin-1 text without control characters. Any other is a TypeError. Fields that are the server's
   * to set, such as Content-Length and Connection, are dropped.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

export interface VerifierOptions {
  /**
   * How Twilio reaches this server: scheme, host, port and, where a proxy strips one, path prefix. Several: the one whose host is
   * the Host header's. `fromRequest(…)`: built from the request. Default: the environment's TOLLGATE_PUBLIC_URL; none is a TypeError.
   */
  readonly publicUrl?: string | readonly string[] | PublicUrlRule | undefined
  /** The whole URL that Twilio requested, by your own rule, query included. Wins over `publicUrl`. */
  readonly signedUrl?: ((request: IncomingRequest) => string) | undefined
  /** `'either'` also tries the path with, or without, its last slash, for servers that redirect to index pages. Default `'exact'`. */
  readonly trailingSlash?: 'exact' | 'either' | undefined
  /**
   * One account's Auth Token or, during its rotation, tokens (at most 16); a record from AccountSid to tokens; or a look-up. Default:
   * the environment's TWILIO_AUTH_TOKEN, unless `sharedKeys` is given.
   */
  readonly authToken?: Tokens | Readonly<Record<string, Tokens>> | AuthTokenLookup | undefined
  /** SharedKeys by their id, as a record or a look-up. They verify with HMAC-SHA256 only. */
  readonly sharedKeys?:
    | Readonly<Record<string, SharedKey>>
    | ((keyId: string) => Awaitable<SharedKey | undefined>)
    | undefined
  /** Refuses Auth Token signatures on HTTP requests as `key_not_allowed`, so that no one can downgrade. Default false. */
  readonly sharedKeysOnly?: boolean | undefined
  /** Where the request names an account, only these; others are `account_not_allowed`. Default: any whose key matches. */
  readonly accountSid?: string | readonly string[] | undefined
  /** `'observe'` hands refused requests over as well, marked `ok: false`, for a staged roll-out. Default `'enforce'`. */
  readonly mode?: Mode | undefined
  /** Recognises a delivery that was seen before; `tollgate/replay` has one. Default: none. */
  readonly replay?: ReplayGuard | undefined
  /** The largest body, in bytes; beyond it `body_too_large`. An integer from 0. Default 1,048,576. */
  readonly maxBodyBytes?: number | undefined
  /** How long a key look-up may take, in milliseconds, 1 to 15,000; beyond it `key_lookup_failed`. Default 3,000. */
  readonly lookupTimeoutMs?: number | undefined
  /** Explains refusals during development; `tollgate/diagnose` has one. Default: none. */
  readonly diagnose?: Diagnoser | undefined
  /** For metrics and logs, after each verdict. An exception in it changes nothing. */
  readonly onVerdict?: ((verdict: Verdict, request: IncomingRequest, native: unknown) => void) | undefined
  /**
   * Gives another answer to a refused request; `undefined` keeps the default. Called by adapters, and not asynchronous. If it throws, or
   * its answer is a TypeError, the request is answered 500 and the error is logged.
   */
  readonly onRejected?: ((rejection: Rejected, native: unknown) => Answer | undefined) | undefined
}

/** Where Auth Tokens come from, after parsing. */
export type AuthTokens =
  | { readonly kind: 'none' }
  | { readonly kind: 'single'; readonly tokens: readonly string[] }
  | { readonly kind: 'record'; readonly tokens: ReadonlyMap<string, readonly string[]> }
  | { readonly kind: 'lookup'; readonly lookup: AuthTokenLookup }

/** The options, parsed once and filled up. */
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

/** Throws a TypeError or RangeError that names the option; a token is never shown. */
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
  if (signedUrl !== undefined) return (_envelope, source) => resolveByRule(() => signedUrl(source as IncomingRequest))
  const publicUrl = given.publicUrl ?? readEnvironment('TOLLGATE_PUBLIC_URL')
  if (publicUrl === undefined) throw new TypeError('"publicUrl" is missing: give it, or set TOLLGATE_PUBLIC_URL')
  if (typeof publicUrl === 'object' && publicUrl !== null && publicUrlRule in publicUrl) return publicUrl[publicUrlRule]
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
