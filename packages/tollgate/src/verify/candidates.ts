import { describeSecretFault, isAccountSid, maxTokens, readTokens } from '../checks/secrets.ts'
import { type Awaitable, withTimeLimit } from '../checks/time-limit.ts'
import type { Pairs } from '../scheme/form.ts'
import { decodeUtf8 } from '../scheme/form.ts'
import { createSigner, type Signer } from '../scheme/signature.ts'
import { type Accepted, type Rejected, reject } from '../verdict.ts'
import type { SignatureClaim } from './head.ts'
import type { Settings } from './options.ts'
import type { AuthTokenLookup, UnverifiedClaim } from './types.ts'

/** A key that may have signed the request. */
export interface Candidate {
  readonly sign: Signer
  readonly key: Accepted['matched']['key']
  /** The account that owns the key, where that is known: a request that names an account must name this one. */
  readonly owner: string | undefined
  /** Found for one account, whichever: a request that names several accounts is not its. */
  readonly isBound: boolean
}

/** Finds the keys that a request may be signed with. What it names chooses among them and proves nothing. */
export function findKeys(
  settings: Settings,
  claimed: SignatureClaim,
  accounts: readonly string[],
  makeClaim: () => UnverifiedClaim,
): Awaitable<readonly Candidate[] | Rejected> {
  if (claimed.sharedKeyId !== undefined) return findSharedKey(settings, claimed, claimed.sharedKeyId)
  const { authTokens } = settings
  switch (authTokens.kind) {
    case 'none':
      return reject('key_unknown', 'An Auth Token signed, and only "sharedKeys" is given.')
    case 'single':
      return toCandidates(authTokens.tokens, undefined, false)
    default:
      if (!accounts.every(isAccountSid)) return reject('key_unknown', 'The AccountSid is not "AC" and 32 hex digits.')
  }
  if (authTokens.kind === 'record')
    return findInRecord(authTokens.tokens, accounts.length === 1 ? accounts[0] : undefined)
  return askLookup(authTokens.lookup, makeClaim(), settings.lookupTimeoutMs)
}

function askLookup(
  lookup: AuthTokenLookup,
  claim: UnverifiedClaim,
  timeoutMs: number,
): Promise<readonly Candidate[] | Rejected> {
  return settle(
    () => lookup(claim),
    (found) => readFound(found, claim.accountSid),
    timeoutMs,
  )
}

export function canRefresh(settings: Settings, claimed: SignatureClaim): boolean {
  const { authTokens } = settings
  return claimed.sharedKeyId === undefined && authTokens.kind === 'lookup' && authTokens.lookup.refresh !== undefined
}

/** After a mismatch, asks a look-up for tokens past its cache. `undefined`: there is nothing newer to try. */
export async function refreshKeys(
  settings: Settings,
  claim: UnverifiedClaim,
): Promise<readonly Candidate[] | Rejected | undefined> {
  if (settings.authTokens.kind !== 'lookup' || settings.authTokens.lookup.refresh === undefined) return undefined
  const { lookup } = settings.authTokens
  return settle(
    () => lookup.refresh?.(claim),
    (found) => (found === undefined || found === null ? undefined : readFound(found, claim.accountSid)),
    settings.lookupTimeoutMs,
  )
}

function findSharedKey(
  settings: Settings,
  claimed: SignatureClaim,
  id: string,
): Promise<readonly Candidate[] | Rejected> {
  const read = (found: unknown): readonly Candidate[] | Rejected => {
    if (found === undefined || found === null) return reject('key_unknown', 'No secret is given for that SharedKey id.')
    const { secret, accountSid }: { secret?: unknown; accountSid?: unknown } =
      typeof found === 'object' ? found : { secret: found }
    const owner = typeof accountSid === 'string' && isAccountSid(accountSid) ? accountSid : undefined
    if (owner !== accountSid || describeSecretFault(secret) !== undefined) return reject('key_lookup_failed')
    const sign = createSigner(claimed.algorithm.name, secret as string)
    return [{ sign, key: { kind: 'shared_key', id }, owner, isBound: owner !== undefined }]
  }
  return settle(() => settings.findSharedKey(id), read, settings.lookupTimeoutMs)
}

function findInRecord(
  record: ReadonlyMap<string, readonly string[]>,
  accountSid: string | undefined,
): readonly Candidate[] | Rejected {
  if (accountSid !== undefined) {
    const tokens = record.get(accountSid)
    return tokens === undefined ? reject('key_unknown') : toCandidates(tokens, accountSid)
  }
  // JSON events and handshakes name no account outside what is yet unproven: any of a few may have signed.
  const candidates: Candidate[] = []
  for (const [owner, tokens] of record) {
    candidates.push(...toCandidates(tokens, owner))
    if (candidates.length > maxTokens)
      return reject('key_unknown', `The request names no account, and "authToken" has more than ${maxTokens} tokens.`)
  }
  return candidates
}

function readFound(found: unknown, claimed: string | undefined): readonly Candidate[] | Rejected {
  if (found === undefined || found === null) return reject('key_unknown')
  const owned = typeof found === 'object' && !Array.isArray(found)
  const { authToken, accountSid }: { authToken?: unknown; accountSid?: unknown } = owned
    ? found
    : { authToken: found, accountSid: claimed }
  const tokens = readTokens(authToken)
  if (tokens === undefined || (owned && !(typeof accountSid === 'string' && isAccountSid(accountSid))))
    return reject('key_lookup_failed')
  return toCandidates(tokens, accountSid as string | undefined)
}

// Making a signer costs about as much as an HMAC; configured tokens are the same lists at every request.
const signers = new WeakMap<readonly string[], readonly Signer[]>()

function toCandidates(tokens: readonly string[], owner: string | undefined, isBound = true): readonly Candidate[] {
  let made = signers.get(tokens)
  if (made === undefined) {
    made = tokens.map((token) => createSigner('HMAC_SHA1', token))
    signers.set(tokens, made)
  }
  return made.map((sign, index) => ({ sign, key: { kind: 'auth_token', index }, owner, isBound }))
}

/**
 * Asks a look-up, and reads its answer, within its time. An error is dropped, since it may hold a token: that of a getter in the
 * answer too.
 */
async function settle<T>(
  ask: () => Awaitable<unknown>,
  read: (found: unknown) => T,
  timeoutMs: number,
): Promise<T | Rejected> {
  try {
    return read(await withTimeLimit(ask, timeoutMs, 'The key look-up'))
  } catch {
    return reject('key_lookup_failed')
  }
}

// Messaging, voice and most others; Verify and Intelligence; Proxy.
const formNames: readonly string[] = ['AccountSid', 'account_sid', 'interactionAccountSid']
const jsonNames = ['AccountSid', 'account_sid', 'accountSid'] as const

/** The distinct accounts that the parameters name, as written: at most so many, since a hostile form names thousands. */
export function listAccounts(params: Pairs, most: number): readonly string[] {
  const accounts = new Set<string>()
  for (const [name, value] of params) {
    if (!formNames.includes(name)) continue
    accounts.add(value)
    if (accounts.size === most) break
  }
  return [...accounts]
}

/**
 * The distinct accounts that a JSON body names, each place through lists: at its root, in `data` (of a CloudEvent) and one level below
 * that. Not in the whole tree: a genuine event may report on other accounts. Only for a body that is proven.
 * @returns `undefined` for a body that is not exactly one JSON text.
 */
export function listAccountsInJson(body: Uint8Array): readonly string[] | undefined {
  let json: unknown
  try {
    json = JSON.parse(decodeUtf8(body) ?? '')
  } catch {
    return undefined
  }
  const accounts = new Set<string>()
  const read = (object: unknown): void => {
    for (const name of jsonNames)
      for (const account of flatten(readProperty(object, name))) if (typeof account === 'string') accounts.add(account)
  }
  for (const event of flatten(json)) {
    read(event)
    for (const data of flatten(readProperty(event, 'data'))) {
      read(data)
      // Of a text, each character would be a value.
      if (typeof data === 'object') for (const inner of flatten(Object.values(Object(data)))) read(inner)
    }
  }
  return [...accounts]
}

/** What lists hold, however deeply they are nested: with a stack of its own, since the sender chooses the depth. */
function* flatten(value: unknown): Generator<unknown> {
  const rest = [value]
  while (rest.length > 0) {
    const one = rest.pop()
    if (Array.isArray(one)) for (let index = one.length - 1; index >= 0; index--) rest.push(one[index])
    else yield one
  }
}

function readProperty(object: unknown, name: string): unknown {
  return Object.hasOwn(Object(object), name) ? (object as Record<string, unknown>)[name] : undefined
}
