import { describeSecretFault, describeTokenFault, isAccountSid } from '../checks/secrets.ts'
import type { AlgorithmName } from '../scheme/algorithms.ts'
import type { Settings } from '../verify/options.ts'
import type { UnverifiedClaim } from '../verify/types.ts'
import type { Key } from './state.ts'

/** A secret as it was given, with where it stands. */
export interface NamedKey extends Key {
  readonly name: string
}

/** The keys that options name, and what the request says about them. */
export interface ConfiguredKeys {
  /** Those that the verifier would try for this request. */
  readonly tried: readonly Key[]
  /** The rest: other accounts' tokens, other shared keys. */
  readonly others: readonly NamedKey[]
  /** What `createVerifier` refuses, with the reason: of the Auth Tokens, or of the SharedKey's secret that the request names. */
  readonly faults: readonly { readonly token: string; readonly fault: string }[]
  /** The settings header, where there is a well-formed one. */
  readonly claimedKeyId: string | undefined
  readonly claimedAlgorithm: string | undefined
  readonly sharedKeyFound: boolean
  /** The account that the request names has no token here. */
  readonly unknownAccount: string | undefined
  readonly hasSharedKeys: boolean
}

export interface GivenTokens {
  /** By account where it is a record. */
  readonly list: readonly { readonly token: string; readonly accountSid?: string }[]
  readonly isRecord: boolean
}

/** Reads the `authToken` option as it is, faulty tokens included; `undefined` for a look-up and for what is no token at all. */
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

/** The option with each token that would be refused replaced by a random one, which no one can have signed with. */
export function replaceFaulty(authToken: unknown): unknown {
  if (typeof authToken === 'string') return describeTokenFault(authToken) === undefined ? authToken : makeRandom()
  if (Array.isArray(authToken))
    return authToken.map((token) => (typeof token === 'string' ? replaceFaulty(token) : token))
  if (typeof authToken !== 'object' || authToken === null) return authToken
  return Object.fromEntries(Object.entries(authToken).map(([account, tokens]) => [account, replaceFaulty(tokens)]))
}

/** The same for the secrets of SharedKeys; a look-up stays as it is. */
export function replaceFaultySecrets(sharedKeys: unknown): unknown {
  if (typeof sharedKeys !== 'object' || sharedKeys === null || Array.isArray(sharedKeys)) return sharedKeys
  const replace = (secret: unknown): unknown =>
    typeof secret === 'string' && describeSecretFault(secret) !== undefined ? makeRandom() : secret
  return Object.fromEntries(
    Object.entries(sharedKeys).map(([id, key]) => [
      id,
      typeof key === 'object' && key !== null ? { ...key, secret: replace(key.secret) } : replace(key),
    ]),
  )
}

function makeRandom(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export interface KeySources {
  readonly settings: Settings
  readonly given: GivenTokens | undefined
  readonly otherTokens: Readonly<Record<string, string>>
  readonly sharedKeys: unknown
  readonly claimedKeyId: string | undefined
  readonly claimedAlgorithm: string | undefined
  readonly accounts: readonly string[]
  readonly claim: UnverifiedClaim
}

export async function readConfiguredKeys(sources: KeySources): Promise<ConfiguredKeys> {
  const { given, claimedKeyId, claimedAlgorithm, accounts, otherTokens, settings } = sources
  const token = (secret: string): Key => ({ secret, algorithm: 'HMAC_SHA1', kind: 'auth_token' })
  const shared = (secret: string): Key => ({ secret, algorithm: 'HMAC_SHA256', kind: 'shared_key' })
  const [account] = accounts
  const isOwn = (one: { readonly accountSid?: string }): boolean =>
    given?.isRecord !== true || account === undefined || one.accountSid === account
  const list = given?.list ?? []
  const looked = given === undefined ? await lookUp(settings, sources.claim) : []
  const own = [...list.filter(isOwn).map((one) => one.token), ...looked].map(token)
  const foreign: NamedKey[] = list
    .filter((one) => !isOwn(one))
    .map((one) => ({ ...token(one.token), name: `"authToken.${one.accountSid}"` }))
  const secrets = readSharedSecrets(sources.sharedKeys)
  const asGiven = secrets.find(([id]) => id === claimedKeyId)?.[1]
  const claimed = claimedKeyId === undefined ? undefined : (asGiven ?? (await findShared(settings, claimedKeyId)))
  const others = Object.entries(otherTokens).flatMap(([name, secret]): NamedKey[] => [
    { ...token(secret), name: `otherTokens.${name}` },
    { ...shared(secret), name: `otherTokens.${name}` },
  ])
  const otherShared = secrets
    .filter(([id, secret]) => id !== claimedKeyId && secret !== '')
    .map(([id, secret]): NamedKey => ({ ...shared(secret), name: `"sharedKeys.${id}"` }))
  const sharedKeyTried = claimedKeyId !== undefined
  return {
    tried: sharedKeyTried ? (claimed === undefined ? [] : [shared(claimed)]) : own,
    others: [
      ...foreign,
      ...otherShared,
      ...others,
      ...(sharedKeyTried ? own.map((key): NamedKey => ({ ...key, name: '"authToken"' })) : []),
    ],
    faults: sharedKeyTried
      ? listFaults(asGiven === undefined ? [] : [asGiven], describeSecretFault)
      : listFaults(
          list.map((one) => one.token),
          describeTokenFault,
        ),
    claimedKeyId,
    claimedAlgorithm,
    sharedKeyFound: claimed !== undefined,
    unknownAccount:
      given?.isRecord === true && account !== undefined && isAccountSid(account) && !list.some(isOwn)
        ? account
        : undefined,
    hasSharedKeys: sources.sharedKeys !== undefined,
  }
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

function readSharedSecrets(sharedKeys: unknown): [id: string, secret: string][] {
  if (typeof sharedKeys !== 'object' || sharedKeys === null) return []
  return Object.entries(sharedKeys).flatMap(([id, key]): [string, string][] => {
    const secret: unknown = typeof key === 'object' && key !== null ? key.secret : key
    return typeof secret === 'string' ? [[id, secret]] : []
  })
}

async function lookUp(settings: Settings, claim: UnverifiedClaim): Promise<string[]> {
  const { authTokens } = settings
  if (authTokens.kind === 'none') return []
  if (authTokens.kind === 'single') return [...authTokens.tokens]
  if (authTokens.kind === 'record') return [...authTokens.tokens.values()].flat()
  const found = await inTime(() => authTokens.lookup(claim), settings.lookupTimeoutMs)
  const tokens: unknown = typeof found === 'object' && found !== null && 'authToken' in found ? found.authToken : found
  return [tokens]
    .flat()
    .filter((token): token is string => typeof token === 'string' && token !== '')
    .slice(0, 16)
}

async function findShared(settings: Settings, id: string): Promise<string | undefined> {
  const found = await inTime(() => settings.findSharedKey(id), settings.lookupTimeoutMs)
  const secret: unknown = typeof found === 'object' && found !== null && 'secret' in found ? found.secret : found
  return typeof secret === 'string' && secret !== '' ? secret : undefined
}

/** A look-up of the user's that fails, or takes too long, gives nothing here: the verdict has said so already. */
async function inTime(ask: () => unknown, milliseconds: number): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), milliseconds)
    })
    return await Promise.race([ask(), late])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

export const otherAlgorithm: Readonly<Record<AlgorithmName, AlgorithmName>> = {
  HMAC_SHA1: 'HMAC_SHA256',
  HMAC_SHA256: 'HMAC_SHA1',
}
