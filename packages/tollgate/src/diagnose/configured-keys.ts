import { type Awaitable, withTimeLimit } from '../checks/limits.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { describeSecretFault, describeTokenFault, isAccountSid, makeRandomToken } from '../checks/secrets.ts'
import { type AlgorithmName, defaultAlgorithm, findAlgorithm, sharedKeyAlgorithm } from '../hmac/algorithms.ts'
import type { Settings } from '../schemes/twilio/options.ts'
import type { UnverifiedClaim } from '../verify/types.ts'

/** A secret that may have signed. */
export interface Key {
  readonly secret: string
  readonly algorithm: AlgorithmName
  readonly kind: 'auth_token' | 'shared_key'
}

/** A key with the place where it is configured. */
export interface NamedKey extends Key {
  readonly name: string
}

/** The keys that the options hold, and what the request says about them. */
export interface ConfiguredKeys {
  /** Keys that the verifier tries for this request. */
  readonly tried: readonly Key[]
  /** Other keys: tokens of other accounts, other SharedKeys. */
  readonly others: readonly NamedKey[]
  /**
   * Secrets that `createVerifier` refuses, with the reason: of the Auth Tokens, or of the SharedKey
   * that the request names.
   */
  readonly faults: readonly { readonly token: string; readonly fault: string }[]
  /** The id of the SharedKey that the headers name. */
  readonly claimedKeyId: string | undefined
  readonly claimedAlgorithm: string | undefined
  readonly sharedKeyFound: boolean
  /** The outcome of a look-up that returned no usable key. */
  readonly lookup: 'failed' | 'late' | 'nothing' | undefined
  /** Says what is wrong with the answer of the look-up of Auth Tokens, without its values. */
  readonly answer: Described | undefined
  /** A look-up returned the Auth Tokens. */
  readonly isLookedUp: boolean
  /** The accounts that the request names. A look-up gets the only one as `accountSid`. */
  readonly accounts: readonly string[]
  /** The Auth Tokens do not depend on the account. */
  readonly hasFixedTokens: boolean
  /** The account that the request names, if no token is configured for it. */
  readonly unknownAccount: string | undefined
  /** The account of which the user says that the token is. */
  readonly ownAccount: string | undefined
}

/** The tokens of the `authToken` option, faulty ones included. */
export interface GivenTokens {
  /** With the account of each token, if the option is a record. */
  readonly list: readonly { readonly token: string; readonly accountSid?: string }[]
  readonly isRecord: boolean
}

/** Reads the `authToken` option, faulty tokens included. */
export function readGivenTokens(authToken: unknown): GivenTokens | undefined {
  if (typeof authToken === 'string') return { list: [{ token: authToken }], isRecord: false }
  if (Array.isArray(authToken))
    return authToken.every((token) => typeof token === 'string')
      ? { list: authToken.map((token) => ({ token })), isRecord: false }
      : undefined
  if (typeof authToken !== 'object' || authToken === null) return undefined
  const list: { token: string; accountSid: string }[] = []
  for (const [accountSid, tokens] of Object.entries(authToken))
    for (const token of [tokens].flat()) if (typeof token === 'string') list.push({ token, accountSid })
  return { list, isRecord: true }
}

/**
 * Replaces each token that `createVerifier` refuses by a random one, with which no request is
 * signed.
 */
export function replaceFaultyTokens(authToken: unknown): unknown {
  if (typeof authToken === 'string') return describeTokenFault(authToken) === undefined ? authToken : makeRandomToken()
  if (Array.isArray(authToken))
    return authToken.map((token) => (typeof token === 'string' ? replaceFaultyTokens(token) : token))
  if (typeof authToken !== 'object' || authToken === null) return authToken
  return Object.fromEntries(
    Object.entries(authToken).map(([account, tokens]) => [account, replaceFaultyTokens(tokens)]),
  )
}

/** Replaces each faulty secret of a SharedKey by a random one. */
export function replaceFaultySecrets(sharedKeys: unknown): unknown {
  if (typeof sharedKeys !== 'object' || sharedKeys === null || Array.isArray(sharedKeys)) return sharedKeys
  const replace = (secret: unknown): unknown =>
    typeof secret === 'string' && describeSecretFault(secret) !== undefined ? makeRandomToken() : secret
  return Object.fromEntries(
    Object.entries(sharedKeys).map(([id, key]) => [
      id,
      typeof key === 'object' && key !== null ? { ...key, secret: replace(key.secret) } : replace(key),
    ]),
  )
}

/** The sources of the keys: options, and the claims of the request. */
interface KeySources {
  readonly settings: Settings
  readonly given: GivenTokens | undefined
  readonly otherTokens: Readonly<Record<string, string>>
  readonly sharedKeys: unknown
  readonly claimedKeyId: string | undefined
  readonly claimedAlgorithm: string | undefined
  /** The accounts that the request names. */
  readonly accounts: readonly string[]
  readonly claim: UnverifiedClaim
  readonly ownAccount: string | undefined
}

/** Collects the keys that may have signed a request. It asks the user's look-ups. */
export async function readConfiguredKeys(sources: KeySources): Promise<ConfiguredKeys> {
  const { given, claimedKeyId, claimedAlgorithm, accounts, otherTokens, settings } = sources
  const [account] = accounts
  const isOwn = (one: { readonly accountSid?: string }): boolean =>
    given?.isRecord !== true || account === undefined || one.accountSid === account
  const list = given?.list ?? []
  const [forTokens, forSharedKey] = [createLookUp(settings), createLookUp(settings)]
  const { tokens: looked, answer } =
    given === undefined ? await lookUpTokens(settings, sources.claim, forTokens) : noTokens
  const own = [...list.filter(isOwn).map((one) => one.token), ...looked].map((secret) => makeKey(secret, 'auth_token'))
  const ofOtherAccounts = list
    .filter((one) => !isOwn(one))
    .map((one): NamedKey => ({ ...makeKey(one.token, 'auth_token'), name: `"authToken.${one.accountSid}"` }))
  const sharedKeys = readSharedKeys(sources.sharedKeys)
  const asGiven = sharedKeys.find(([id]) => id === claimedKeyId)?.[1]
  const claimed =
    claimedKeyId === undefined ? undefined : (asGiven ?? (await lookUpSharedKey(sources, claimedKeyId, forSharedKey)))
  const others = Object.entries(otherTokens).flatMap(([name, secret]): NamedKey[] => [
    { ...makeKey(secret, 'auth_token'), name: `otherTokens.${name}` },
    { ...makeKey(secret, 'shared_key'), name: `otherTokens.${name}` },
  ])
  const otherShared = sharedKeys
    .filter(([id, { secret }]) => id !== claimedKeyId && secret !== '')
    .map(([id, key]): NamedKey => ({ ...key, name: `"sharedKeys.${id}"` }))
  const namesSharedKey = claimedKeyId !== undefined
  return {
    tried: namesSharedKey ? (claimed === undefined ? [] : [claimed]) : own,
    others: [
      ...ofOtherAccounts,
      ...otherShared,
      ...others,
      ...(namesSharedKey ? own.map((key): NamedKey => ({ ...key, name: '"authToken"' })) : []),
    ],
    faults: namesSharedKey
      ? listFaults(asGiven === undefined ? [] : [asGiven.secret], describeSecretFault)
      : listFaults([...list.map((one) => one.token), ...looked], describeTokenFault),
    claimedKeyId,
    claimedAlgorithm,
    sharedKeyFound: claimed !== undefined,
    lookup: (namesSharedKey ? forSharedKey : forTokens).outcome(),
    answer: namesSharedKey ? undefined : answer,
    isLookedUp: !namesSharedKey && given === undefined && settings.authTokens.kind === 'lookup',
    accounts,
    hasFixedTokens: given?.isRecord === false,
    unknownAccount:
      given?.isRecord === true && account !== undefined && isAccountSid(account) && !list.some(isOwn)
        ? account
        : undefined,
    ownAccount: sources.ownAccount ?? readEnvironment('TWILIO_ACCOUNT_SID'),
  }
}

/** Uses the algorithm that Twilio uses with this kind of key. */
function makeKey(secret: string, kind: Key['kind']): Key {
  return { secret, algorithm: (kind === 'auth_token' ? defaultAlgorithm : sharedKeyAlgorithm).name, kind }
}

function listFaults(
  secrets: readonly string[],
  describe: (secret: string) => string | undefined,
): ConfiguredKeys['faults'] {
  return secrets.flatMap((token) => {
    const fault = describe(token)
    return fault === undefined ? [] : [{ token, fault }]
  })
}

function readSharedKeys(sharedKeys: unknown): [id: string, key: Key][] {
  if (typeof sharedKeys !== 'object' || sharedKeys === null) return []
  return Object.entries(sharedKeys).flatMap(([id, key]): [string, Key][] => {
    const { secret, algorithm } = typeof key === 'object' && key !== null ? key : { secret: key, algorithm: undefined }
    if (typeof secret !== 'string') return []
    const name = findAlgorithm(algorithm)?.name
    return [[id, { ...makeKey(secret, 'shared_key'), ...(name !== undefined && { algorithm: name }) }]]
  })
}

/**
 * Asks the look-ups of the user, and remembers how they fail: the verdict says no more than that.
 */
interface LookUp {
  ask<T>(lookUp: () => Awaitable<T>): Promise<T | undefined>
  outcome(): ConfiguredKeys['lookup']
}

function createLookUp({ lookupTimeoutMs }: Settings): LookUp {
  let outcome: ConfiguredKeys['lookup']
  return {
    async ask(lookUp) {
      const start = performance.now()
      try {
        const found = await withTimeLimit(lookUp, lookupTimeoutMs, 'The key look-up')
        if (found === undefined || found === null) outcome = 'nothing'
        return found
      } catch {
        outcome = performance.now() - start >= lookupTimeoutMs ? 'late' : 'failed'
        return undefined
      }
    },
    outcome: () => outcome,
  }
}

/** What is wrong, and how to mend it. */
interface Described {
  readonly detail: string
  readonly fix: string
}

interface Looked {
  readonly tokens: readonly string[]
  readonly answer?: Described | undefined
}

const noTokens: Looked = { tokens: [] }

async function lookUpTokens(settings: Settings, claim: UnverifiedClaim, { ask }: LookUp): Promise<Looked> {
  const { authTokens } = settings
  if (authTokens.kind === 'none') return noTokens
  if (authTokens.kind === 'single') return { tokens: authTokens.tokens }
  if (authTokens.kind === 'record') return { tokens: [...authTokens.tokens.values()].flat() }
  const found = await ask(() => authTokens.lookup(claim))
  const tokens: unknown = typeof found === 'object' && found !== null && 'authToken' in found ? found.authToken : found
  const texts = [tokens].flat().filter((token): token is string => typeof token === 'string' && token !== '')
  return { tokens: texts.slice(0, 16), answer: describeAnswer(found) }
}

/** Describes an answer that is neither a token nor an object with a token and its account. */
function describeAnswer(found: unknown): Described | undefined {
  if (found === undefined || found === null || isTokens(found)) return undefined
  const fix = 'Let the look-up return the text of the Auth Token, or { authToken, accountSid }.'
  const returned = 'The look-up in "authToken" returned'
  if (typeof found !== 'object') return { detail: `${returned} a ${typeof found}.`, fix }
  if (Array.isArray(found)) return { detail: `${returned} a list that has something else than texts.`, fix }
  if (!('authToken' in found)) return { detail: `${returned} an object without "authToken".`, fix }
  if (!isTokens(found.authToken))
    return { detail: `${returned} an object whose "authToken" is neither a text nor a list of texts.`, fix }
  if (!('accountSid' in found)) return { detail: `${returned} an object without "accountSid".`, fix }
  if (isAccountSid(found.accountSid)) return undefined
  return { detail: `${returned} an object whose "accountSid" is not "AC" and 32 hex digits.`, fix }
}

function isTokens(found: unknown): boolean {
  return Array.isArray(found) ? found.every((one) => typeof one === 'string') : typeof found === 'string'
}

async function lookUpSharedKey({ sharedKeys }: KeySources, id: string, { ask }: LookUp): Promise<Key | undefined> {
  if (typeof sharedKeys !== 'function') return undefined
  const found: unknown = await ask(() => sharedKeys(id))
  return readSharedKeys({ [id]: found })[0]?.[1]
}
