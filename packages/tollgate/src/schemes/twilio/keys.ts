import { parseJsonBody } from '../../bytes.ts'
import { readSecret } from '../../checks/answers.ts'
import type { Awaitable } from '../../checks/limits.ts'
import { checkAccountSid, isAccountSid, maxTokens, parseTokens } from '../../checks/secrets.ts'
import { distinct, type Pairs } from '../../form.ts'
import { type Algorithm, defaultAlgorithm } from '../../hmac/algorithms.ts'
import { type Accepted, type Rejected, reject } from '../../verdict.ts'
import { askOption } from '../../verify/look-up.ts'
import type { UnverifiedClaim } from '../../verify/types.ts'
import type { SignatureClaim } from './claim.ts'
import type { ParsedSharedKey, Settings } from './options.ts'
import { createSigner, isCanonicalSignature, type Signer } from './sign/signature.ts'

/** A key that may have signed the request. */
export interface Candidate {
  readonly sign: Signer
  readonly algorithm: Algorithm
  readonly key: Accepted['matched']['key']
  /**
   * The account that owns the key, if that is known. A request that names an account must name this
   * one.
   */
  readonly owner: string | undefined
  /**
   * The key belongs to one account, known or not: it must not verify a request that names several
   * accounts.
   */
  readonly isBound: boolean
}

/** The claims of a request about its key. They choose among the keys and prove nothing. */
export interface KeyClaim {
  readonly signed: SignatureClaim
  /** The accounts that the parameters name. */
  readonly accounts: readonly string[]
  /** Describes the request to a look-up. */
  readonly describe: () => UnverifiedClaim
}

/** The result of a search for keys. */
export type FoundKeys = readonly Candidate[] | Rejected

/** Finds the keys that may have signed a request. */
export function findKeys(settings: Settings, claim: KeyClaim): Awaitable<FoundKeys> {
  const { signed, accounts } = claim
  const { authTokens } = settings
  if (signed.sharedKeyId !== undefined) return findSharedKey(settings, signed, signed.sharedKeyId)
  if (authTokens.kind === 'none') return reject('auth_token_missing')
  if (authTokens.kind === 'single') return toCandidates(authTokens.tokens, undefined, false)
  if (!accounts.every(isAccountSid)) return reject('account_malformed')
  if (authTokens.kind === 'record')
    return findInRecord(authTokens.tokens, accounts.length === 1 ? accounts[0] : undefined)
  const read = (found: unknown): FoundKeys =>
    found === undefined || found === null ? rejectUnfound(accounts) : readFound(found)
  return askOption('"authToken"', () => authTokens.lookup(claim.describe()), read, settings.lookupTimeoutMs)
}

/**
 * After a mismatch: asks a look-up for tokens that are newer than its cache. Finds none if there is
 * no such look-up.
 */
export function refreshKeys(
  { authTokens, lookupTimeoutMs }: Settings,
  { signed, describe }: KeyClaim,
): Awaitable<FoundKeys> {
  if (signed.sharedKeyId !== undefined || authTokens.kind !== 'lookup') return []
  const { lookup } = authTokens
  if (lookup.refresh === undefined) return []
  return askOption(
    '"authToken.refresh"',
    () => lookup.refresh?.(describe()),
    (found) => (found === undefined || found === null ? [] : readFound(found)),
    lookupTimeoutMs,
  )
}

/** Tells a look-up that a signature matched one of its tokens. */
export function reportVerified({ authTokens }: Settings, { signed, describe }: KeyClaim): void {
  if (signed.sharedKeyId === undefined && authTokens.kind === 'lookup') authTokens.lookup.verified?.(describe())
}

/**
 * True if a key that matched may sign for these accounts.
 * @param named The accounts that the proven part of the request names; `undefined` if they cannot
 *   be read.
 */
export function isKeyOf(
  { allowedAccounts }: Settings,
  { owner, isBound }: Candidate,
  named: readonly string[] | undefined,
): boolean {
  if (isBound && (named === undefined || named.length > 1)) return false
  const accounts = owner === undefined ? (named ?? []) : [owner, ...(named ?? [])]
  return accounts.every((account) => account === (owner ?? account) && allowedAccounts?.has(account) !== false)
}

/**
 * Finds the account of a verified request: only one that the key which matched is known to own.
 * @param named The accounts that the proven part of the request names.
 */
export function findAccount(
  { authTokens }: Settings,
  { owner, key }: Candidate,
  named: readonly string[] | undefined,
): string | undefined {
  if (owner !== undefined) return owner
  // A bare token of a look-up, or a SharedKey without an owner, may be any tenant's. A tenant who
  // knows it can sign a request that names another account.
  if (key.kind !== 'auth_token' || authTokens.kind !== 'single' || named?.length !== 1) return undefined
  return named.find(isAccountSid)
}

function findSharedKey(settings: Settings, { signature, algorithm }: SignatureClaim, id: string): Promise<FoundKeys> {
  const read = (found: ParsedSharedKey | undefined): FoundKeys => {
    if (found === undefined) return reject('shared_key_unknown')
    // The configuration binds a key to its algorithm. A header must not choose a weaker one.
    if (algorithm !== undefined && algorithm !== found.algorithm) return reject('algorithm_unsupported')
    if (!isCanonicalSignature(signature, found.algorithm.bytes)) return reject('signature_malformed')
    return [
      { ...found, key: { kind: 'shared_key', id }, owner: found.accountSid, isBound: found.accountSid !== undefined },
    ]
  }
  return askOption('"sharedKeys"', () => settings.findSharedKey(id), read, settings.lookupTimeoutMs)
}

function findInRecord(record: ReadonlyMap<string, readonly string[]>, accountSid: string | undefined): FoundKeys {
  if (accountSid !== undefined) {
    const tokens = record.get(accountSid)
    return tokens === undefined ? reject('key_unknown') : toCandidates(tokens, accountSid)
  }
  // JSON events and handshakes name no account, except in a body that is not proven yet. Any of a
  // few tokens may have signed.
  const candidates: Candidate[] = []
  for (const [owner, tokens] of record) {
    candidates.push(...toCandidates(tokens, owner))
    if (candidates.length > maxTokens)
      return reject(
        'account_unnamed',
        `The request names no account, and "authToken" has more than ${maxTokens} tokens.`,
      )
  }
  return candidates
}

/** Says that a look-up found nothing, and for which accounts. No secret is in it. */
function rejectUnfound(accounts: readonly string[]): Rejected {
  return reject(
    'account_unfound',
    `"authToken" found nothing for ${accounts.join(', ') || 'a request that names no account'}.`,
  )
}

/**
 * Reads the answer of a look-up.
 * @throws WrongAnswer for one without usable tokens.
 */
function readFound(found: NonNullable<unknown>): FoundKeys {
  if (typeof found !== 'object' || Array.isArray(found) || !('authToken' in found))
    return readSecret(found, '', () => toCandidates(parseTokens(found, 'authToken'), undefined))
  const { authToken, accountSid }: { authToken?: unknown; accountSid?: unknown } = found
  return readSecret(authToken, '"authToken"', () =>
    toCandidates(parseTokens(authToken, 'authToken'), checkAccountSid(accountSid, '"accountSid"')),
  )
}

// A signer costs about as much as an HMAC, and the lists of configured tokens are the same for
// every request. Each list belongs to one account.
const candidates = new WeakMap<readonly string[], readonly Candidate[]>()

function toCandidates(tokens: readonly string[], owner: string | undefined, isBound = true): readonly Candidate[] {
  let made = candidates.get(tokens)
  if (made === undefined) {
    made = tokens.map((token, index) => ({
      sign: createSigner(defaultAlgorithm, token),
      algorithm: defaultAlgorithm,
      key: { kind: 'auth_token', index },
      owner,
      isBound,
    }))
    candidates.set(tokens, made)
  }
  return made
}

// `accountsid` is for registrations of A2P 10DLC, `accountId` for Intelligence v3 and Orchestrator.
const jsonNames = ['AccountSid', 'account_sid', 'accountSid', 'accountsid', 'accountId']

/**
 * Lists the distinct accounts that parameters name, as they are written, but not more than `most`:
 * a hostile form names thousands.
 */
export function listAccounts(params: Pairs, most: number): readonly string[] {
  const accounts: string[] = []
  // Messaging, voice and most others; Verify and Intelligence; Proxy. A list of these names would
  // be searched for each parameter.
  for (const [name, value] of params)
    if (name === 'AccountSid' || name === 'account_sid' || name === 'interactionAccountSid') accounts.push(value)
  return distinct(accounts).slice(0, most)
}

/**
 * Lists the distinct accounts that a proven JSON body names: at its root, in `data` (of a
 * CloudEvent) and one level below that; in each place, lists are followed. The rest of the tree is
 * not searched, because a genuine event may report on other accounts.
 * @returns `undefined` for a body that is not exactly one JSON text.
 */
export function listAccountsInJson(body: Uint8Array): readonly string[] | undefined {
  const json = parseJsonBody(body)
  if (json === undefined) return undefined
  const accounts = new Set<string>()
  const add = (account: unknown, name: string): void => {
    // In the body of a Studio flow, `accountId` may be an id of the customer's own.
    if (typeof account === 'string' && (name !== 'accountId' || isAccountSid(account))) accounts.add(account)
  }
  const read = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const name of jsonNames)
      if (Object.hasOwn(value, name)) forEach((value as Json)[name], (account) => add(account, name))
  }
  forEach(json, (event) => {
    read(event)
    forEach(readProperty(event, 'data'), (data) => {
      read(data)
      // The values of a text would be its characters.
      if (typeof data === 'object' && data !== null) forEach(Object.values(data), read)
    })
  })
  return [...accounts]
}

type Json = Readonly<Record<string, unknown>>

/**
 * Visits a value, or what nested lists hold instead of lists. It keeps its own queue, because the
 * sender chooses the depth.
 */
function forEach(value: unknown, visit: (one: unknown) => void): void {
  if (!Array.isArray(value)) {
    visit(value)
    return
  }
  const queue: (readonly unknown[])[] = [value]
  // The loop also visits what is added meanwhile.
  for (const list of queue)
    for (const one of list)
      if (Array.isArray(one)) queue.push(one)
      else visit(one)
}

function readProperty(object: unknown, name: string): unknown {
  return Object.hasOwn(Object(object), name) ? (object as Json)[name] : undefined
}
