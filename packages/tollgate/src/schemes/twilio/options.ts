import { readSecret } from '../../checks/answers.ts'
import type { Awaitable } from '../../checks/limits.ts'
import { readOptions, toList } from '../../checks/options.ts'
import { readEnvironment } from '../../checks/runtime.ts'
import { checkAccountSid, describeSecretFault, parseTokens, whereTokenIs } from '../../checks/secrets.ts'
import { type Algorithm, algorithms, findAlgorithm, sharedKeyAlgorithm } from '../../hmac/algorithms.ts'
import {
  parsePublicUrl,
  refuseAddress,
  resolveByRule,
  resolveFromList,
  resolveToOrigin,
  type UrlResolver,
} from '../../verify/public-url.ts'
import { type AuthTokenLookup, type IncomingRequest, publicUrlRule, type VerifierOptions } from '../../verify/types.ts'
import { createSigner, type Signer } from './sign/signature.ts'

/** The option `authToken` after parsing. */
type AuthTokens =
  | { readonly kind: 'none' }
  | { readonly kind: 'single'; readonly tokens: readonly string[] }
  | { readonly kind: 'record'; readonly tokens: ReadonlyMap<string, readonly string[]> }
  | { readonly kind: 'lookup'; readonly lookup: AuthTokenLookup }

/** A SharedKey after parsing. */
export interface ParsedSharedKey {
  readonly sign: Signer
  readonly accountSid: string | undefined
  readonly algorithm: Algorithm
}

/** The options of a verifier: parsed once, with their defaults. */
export interface Settings {
  readonly given: VerifierOptions
  readonly resolveUrl: UrlResolver
  readonly eitherSlash: boolean
  readonly authTokens: AuthTokens
  /** @throws anything if a look-up fails or its answer is unusable. */
  readonly findSharedKey: (keyId: string) => Awaitable<ParsedSharedKey | undefined>
  readonly sharedKeysOnly: boolean
  readonly methods: ReadonlySet<string>
  readonly allowedAccounts: ReadonlySet<string> | undefined
  readonly observe: boolean
  readonly maxBodyBytes: number
  readonly lookupTimeoutMs: number
}

/** The options of a verifier. */
export const verifierOptions = {
  publicUrl: { type: 'other' },
  authToken: { type: 'other' },
  diagnose: { type: 'object', methods: ['explain'] },
  sharedKeys: { type: 'other' },
  allowedAccounts: { type: 'other' },
  replay: { type: 'object', methods: ['reserve'] },
  mode: { type: 'choice', choices: ['enforce', 'observe'], default: 'enforce' },
  onVerdict: { type: 'function' },
  onRejected: { type: 'function' },
  trailingSlash: { type: 'choice', choices: ['exact', 'either'], default: 'exact' },
  signedUrl: { type: 'function' },
  sharedKeysOnly: { type: 'boolean', default: false },
  methods: { type: 'other' },
  checkParams: { type: 'function' },
  maxBodyBytes: { type: 'integer', least: 0, default: 1_048_576 },
  lookupTimeoutMs: { type: 'integer', least: 1, most: 15_000, default: 3000 },
} as const

/**
 * Parses the options of a verifier.
 * @throws TypeError or RangeError that names the option and never shows a token.
 */
export function parseOptions(options: VerifierOptions): Settings {
  const given = readOptions(options, verifierOptions, 'the verifier')
  const { sharedKeysOnly, maxBodyBytes, lookupTimeoutMs } = given
  if (sharedKeysOnly && given.sharedKeys === undefined) throw new TypeError('"sharedKeysOnly" needs "sharedKeys"')
  if ('release' in Object(given.replay)) throw new TypeError('"replay" must be replayGuard({ store })')
  return {
    given: Object.freeze(given),
    resolveUrl: refuseFirst(parseUrlOptions(given)),
    eitherSlash: given.trailingSlash === 'either',
    authTokens: parseAuthToken(given),
    findSharedKey: parseSharedKeys(given.sharedKeys),
    sharedKeysOnly,
    methods: parseMethods(given.methods),
    allowedAccounts: parseAllowedAccounts(given.allowedAccounts),
    observe: given.mode === 'observe',
    maxBodyBytes,
    lookupTimeoutMs,
  }
}

function parseUrlOptions(given: VerifierOptions): Settings['resolveUrl'] {
  const { signedUrl } = given
  if (signedUrl !== undefined) return (_head, source) => resolveByRule(() => signedUrl(source as IncomingRequest))
  const publicUrl = given.publicUrl ?? readEnvironment('TOLLGATE_PUBLIC_URL')
  if (publicUrl === undefined) throw new TypeError('"publicUrl" is missing: give it, or set TOLLGATE_PUBLIC_URL')
  const rule: UrlResolver | undefined = Object(publicUrl)[publicUrlRule]
  if (rule !== undefined) return rule
  const where = given.publicUrl === undefined ? 'TOLLGATE_PUBLIC_URL' : 'publicUrl'
  if (!Array.isArray(publicUrl)) return resolveToOrigin(parsePublicUrl(publicUrl, where))
  return resolveFromList(toList(publicUrl, where).map((url) => parsePublicUrl(url, where)))
}

/** The address is refused for every kind of rule: a rule of the user's may not look at it. */
function refuseFirst(resolve: UrlResolver): UrlResolver {
  return (head, source, limitMs) => refuseAddress(head.header, source.url) ?? resolve(head, source, limitMs)
}

function parseAuthToken(given: VerifierOptions): AuthTokens {
  const { authToken } = given
  if (typeof authToken === 'function') return { kind: 'lookup', lookup: authToken }
  if (authToken === undefined) {
    if (given.sharedKeys !== undefined) return { kind: 'none' }
    const token = readEnvironment('TWILIO_AUTH_TOKEN')
    if (token !== undefined) return { kind: 'single', tokens: parseTokens(token, 'TWILIO_AUTH_TOKEN') }
    throw new TypeError(`"authToken" is missing: give it, or "sharedKeys", or set TWILIO_AUTH_TOKEN; ${whereTokenIs}`)
  }
  if (typeof authToken !== 'object' || authToken === null || Array.isArray(authToken) || 'then' in authToken)
    return { kind: 'single', tokens: parseTokens(authToken, 'authToken') }
  const tokens = new Map<string, readonly string[]>()
  for (const [accountSid, accountTokens] of listEntries(authToken)) {
    const name = checkAccountSid(accountSid, 'A name in "authToken"')
    tokens.set(name, parseTokens(accountTokens, `authToken.${name}`))
  }
  if (tokens.size === 0) throw new TypeError('"authToken" is empty')
  return { kind: 'record', tokens }
}

function parseSharedKeys(sharedKeys: unknown): Settings['findSharedKey'] {
  if (sharedKeys === undefined) return () => undefined
  if (typeof sharedKeys === 'function')
    return async (keyId) => {
      const found: unknown = await sharedKeys(keyId)
      return found === undefined || found === null ? undefined : readSharedKey(found)
    }
  if (typeof sharedKeys !== 'object' || sharedKeys === null || Array.isArray(sharedKeys))
    throw new TypeError('"sharedKeys" must be a record, a Map or a function')
  const keys = new Map<unknown, ParsedSharedKey>()
  // The messages do not show the id: id and secret may have been swapped.
  for (const [keyId, key] of listEntries(sharedKeys))
    keys.set(keyId, parseSharedKey(key, `entry ${keys.size + 1} of "sharedKeys"`))
  if (keys.size === 0) throw new TypeError('"sharedKeys" is empty')
  return (keyId) => keys.get(keyId)
}

/** @throws WrongAnswer for an answer of a look-up without a usable key. */
function readSharedKey(found: unknown): ParsedSharedKey {
  const isText = typeof found !== 'object' || !('secret' in Object(found))
  return readSecret(isText ? found : Object(found).secret, isText ? '' : '"secret"', () =>
    parseSharedKey(found, 'the SharedKey'),
  )
}

function parseSharedKey(key: unknown, where: string): ParsedSharedKey {
  const { secret, accountSid, algorithm }: { secret?: unknown; accountSid?: unknown; algorithm?: unknown } =
    typeof key === 'object' && key !== null ? key : { secret: key }
  const fault = describeSecretFault(secret)
  if (fault !== undefined) throw new TypeError(`The secret of ${where} ${fault}`)
  const owner = accountSid === undefined ? accountSid : checkAccountSid(accountSid, `The accountSid of ${where}`)
  const row = algorithm === undefined ? sharedKeyAlgorithm : findAlgorithm(algorithm)
  if (row === undefined)
    throw new TypeError(`The algorithm of ${where} must be one of ${algorithms.map(({ name }) => name).join(', ')}`)
  return { sign: createSigner(row, secret as string), accountSid: owner, algorithm: row }
}

function listEntries(value: object): Iterable<[unknown, unknown]> {
  return value instanceof Map ? value : Object.entries(value)
}

const knownMethods = ['GET', 'POST', 'PUT']

function parseMethods(methods: unknown = ['GET', 'POST']): ReadonlySet<string> {
  const list = toList(methods, 'methods') as readonly string[]
  for (const method of list)
    if (!knownMethods.includes(method)) throw new TypeError(`"methods" must be one of ${knownMethods}`)
  return new Set(list)
}

function parseAllowedAccounts(accounts: unknown): ReadonlySet<string> | undefined {
  if (accounts === undefined) return undefined
  return new Set(toList(accounts, 'allowedAccounts').map((one) => checkAccountSid(one, '"allowedAccounts"')))
}
