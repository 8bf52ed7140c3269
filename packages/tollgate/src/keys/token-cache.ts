import { type Awaitable, createRateLimit, sleep, withTimeLimit } from '../checks/limits.ts'
import { runUnnoticed } from '../checks/options.ts'
import { readTokens } from '../checks/secrets.ts'
import type { UnverifiedClaim } from '../verify/types.ts'
import { createSegments } from './segments.ts'

/** The options of `cached`: checked, complete, and in milliseconds. */
export interface CacheSettings {
  readonly ttlMs: number
  readonly negativeTtlMs: number
  readonly maxEntries: number
  readonly timeoutMs: number
  readonly staleIfErrorMs: number
  readonly refreshIntervalMs: number
  readonly maxLookupsPerSecond: number
  /** Throws what the user's function throws. */
  readonly isNamed: (accountSid: string) => boolean
  readonly defaultAccountSid: string | undefined
  readonly onProblem: (error: unknown, accountSid: string) => void
  readonly now: () => number
}

/** The circumstances of a look-up. */
interface Question {
  readonly signal: AbortSignal
  /** True after a mismatch: the tokens that are known may be old. */
  readonly refreshing: boolean
}

/** Asks the source. The cache checks the answer. */
type Ask = (accountSid: string, question: Question) => Awaitable<unknown>

type Found = readonly string[] | undefined

/** Tokens and the account that owns them. */
export interface OwnTokens {
  readonly authToken: readonly string[]
  readonly accountSid: string
}

/** A look-up that always names the owner of the tokens. */
export interface TokenCache {
  (claim: UnverifiedClaim): Awaitable<OwnTokens | undefined>
  refresh(claim: UnverifiedClaim): Awaitable<OwnTokens | undefined>
  verified(claim: UnverifiedClaim): void
}

interface Entry {
  /** `undefined` if the source does not know the account. */
  tokens: Found
  /** When the source last answered or failed. */
  askedAt: number
  expiresAt: number
  /** When new tokens replaced known ones. */
  changedAt: number
  /** True if the last look-up failed. */
  failing: boolean
}

// While stale tokens are used, an account is looked up only once in this time, so that requests do
// not wait for a failing source.
const retryStaleMs = 1000

/**
 * Creates a look-up that remembers tokens. AccountSids are hostile here: the sender of a request
 * chooses them.
 * @param ask Asks the source for one account.
 */
export function createTokenCache(ask: Ask, settings: CacheSettings): TokenCache {
  const { now, timeoutMs, refreshIntervalMs, defaultAccountSid } = settings
  const entries = createSegments<Entry>(settings.maxEntries)
  const pending = new Map<string, Promise<Found>>()
  // Kept separately from the tokens, because an account stays known when its tokens are evicted or the
  // source loses it for a while.
  const verified = new Set<string>()
  const strangersTurns = createRateLimit(settings.maxLookupsPerSecond, now)
  const knownTurns = createRateLimit(settings.maxLookupsPerSecond, now)
  const refreshes = createRateLimit(settings.maxLookupsPerSecond, now)

  function find(accountSid: string): Awaitable<Found> {
    const entry = entries.get(accountSid)
    const time = now()
    if (entry !== undefined && time < entry.expiresAt) return entry.tokens
    if (entry?.failing && time < entry.askedAt + retryStaleMs && isUsableStale(entry)) return entry.tokens
    const found = pending.get(accountSid) ?? queue(accountSid, entry)
    return entry?.tokens === undefined ? found : found.catch((error: unknown) => fallBack(entry, error))
  }

  function queue(accountSid: string, entry: Entry | undefined): Promise<Found> {
    const known = isKnown(accountSid)
    if (known && entry === undefined) entries.put(accountSid, createUnanswered(now()))
    // Each known account costs one look-up per lifetime of its tokens, as long as the source
    // answers with tokens.
    const isFree = known && (entry === undefined || (entry.tokens !== undefined && !entry.failing))
    const mostPending = known ? 2 * settings.maxEntries : settings.maxEntries
    const turns = known ? knownTurns : strangersTurns
    const waitMs = pending.size >= mostPending ? undefined : isFree ? 0 : turns.take(timeoutMs / 2)
    if (waitMs === undefined)
      return Promise.reject(new Error(`Too many key look-ups for accounts that ${known ? 'fail' : 'are not known'}`))
    const found = startLookup(accountSid, waitMs, false)
    if (known && !isFree) found.then(speedUp, () => undefined)
    return found
  }

  // After a failure of the source, each account would wait for the rate. So each answer makes space for
  // two more look-ups. The rate doubles while the source answers, and stays where half of them fail.
  function speedUp(tokens: Found): void {
    if (tokens !== undefined) knownTurns.give(2)
  }

  function isKnown(accountSid: string): boolean {
    if (accountSid === defaultAccountSid || verified.has(accountSid)) return true
    try {
      return settings.isNamed(accountSid)
    } catch (error) {
      runUnnoticed(() => settings.onProblem(error, accountSid))
      return false
    }
  }

  function remember(accountSid: string): void {
    verified.delete(accountSid)
    verified.add(accountSid)
    const [oldest] = verified
    if (oldest !== undefined && verified.size > settings.maxEntries) verified.delete(oldest)
  }

  function startLookup(accountSid: string, waitMs: number, refreshing: boolean): Promise<Found> {
    const controller = new AbortController()
    const askInTurn = async (): Promise<unknown> => {
      if (waitMs > 0) await sleep(waitMs, controller.signal)
      return ask(accountSid, { signal: controller.signal, refreshing })
    }
    const found = withTimeLimit(askInTurn, timeoutMs, 'The key look-up', () => controller.abort())
      .then((given) => keep(accountSid, given))
      .catch((error: unknown) => {
        markFailing(accountSid)
        runUnnoticed(() => settings.onProblem(error, accountSid))
        throw error
      })
      .finally(() => pending.delete(accountSid))
    pending.set(accountSid, found)
    return found
  }

  function keep(accountSid: string, given: unknown): Found {
    const isNone = given === undefined || given === null
    const read = isNone ? undefined : readTokens(given)
    if (read === undefined && !isNone) throw new TypeError('The key look-up gave something that is not an Auth Token')
    const known = entries.get(accountSid)
    const isSame = areSame(known?.tokens, read)
    const tokens = isSame ? known?.tokens : read
    const time = now()
    entries.put(accountSid, {
      tokens,
      askedAt: time,
      expiresAt: time + (tokens === undefined ? settings.negativeTtlMs : settings.ttlMs),
      changedAt: known?.tokens === undefined || isSame ? Number.NEGATIVE_INFINITY : time,
      failing: false,
    })
    if (tokens === undefined) entries.demote(accountSid)
    return tokens
  }

  function markFailing(accountSid: string): void {
    const entry = entries.get(accountSid)
    if (entry === undefined) return
    entry.failing = true
    entry.askedAt = now()
  }

  function isUsableStale(entry: Entry): boolean {
    return entry.tokens !== undefined && now() < entry.expiresAt + settings.staleIfErrorMs
  }

  function fallBack(entry: Entry, error: unknown): Found {
    if (isUsableStale(entry)) return entry.tokens
    throw error
  }

  function refresh(accountSid: string): Awaitable<Found> {
    const entry = entries.get(accountSid)
    if (entry === undefined) return undefined
    const time = now()
    // This request may have got the older tokens, just before the look-up of another request
    // replaced them.
    if (time - entry.changedAt < refreshIntervalMs) return entry.tokens
    let found = pending.get(accountSid)
    if (found === undefined) {
      if (time - entry.askedAt < refreshIntervalMs || refreshes.take(0) === undefined) return undefined
      found = startLookup(accountSid, 0, true)
    }
    const { tokens: tried } = entry
    return found.then((tokens) => (tokens === tried ? undefined : tokens))
  }

  function chooseAccount(claim: UnverifiedClaim): string | undefined {
    return claim.accountSid ?? defaultAccountSid
  }

  const lookup = (claim: UnverifiedClaim): Awaitable<OwnTokens | undefined> => {
    const accountSid = chooseAccount(claim)
    return accountSid === undefined ? undefined : bind(find(accountSid), accountSid)
  }
  return Object.assign(lookup, {
    refresh(claim: UnverifiedClaim) {
      const accountSid = chooseAccount(claim)
      if (accountSid === undefined) return undefined
      return bind(refresh(accountSid), accountSid)
    },
    verified(claim: UnverifiedClaim) {
      const accountSid = chooseAccount(claim)
      if (accountSid === undefined) return
      remember(accountSid)
      if (entries.get(accountSid)?.tokens !== undefined) entries.promote(accountSid)
    },
  })
}

/** Stands for a known account until the source answers for it the first time. */
function createUnanswered(time: number): Entry {
  const never = Number.NEGATIVE_INFINITY
  return { tokens: undefined, askedAt: time, expiresAt: never, changedAt: never, failing: false }
}

/** Adds the owner to tokens: the account that the source was asked for. */
function bind(found: Awaitable<Found>, accountSid: string): Awaitable<OwnTokens | undefined> {
  const add = (authToken: Found) => authToken && { authToken, accountSid }
  return found === undefined || Array.isArray(found) ? add(found) : (found as PromiseLike<Found>).then(add)
}

function areSame(one: Found, other: Found): boolean {
  return one?.length === other?.length && (one ?? []).every((token, index) => token === other?.[index])
}
