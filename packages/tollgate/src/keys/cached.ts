import { limitLookUp, nameFault } from '../checks/answers.ts'
import { type Awaitable, createRateLimit, isPromise, sleep } from '../checks/limits.ts'
import { readOptions, runUnnoticed } from '../checks/options.ts'
import { readTokens, type Tokens } from '../checks/secrets.ts'
import type { AuthTokenLookup, UnverifiedClaim } from '../verify/types.ts'
import { type CachedOptions, type CacheSettings, cachedOptions, parseCachedOptions } from './cache-options.ts'
import { createSegments } from './segments.ts'

/**
 * Finds the Auth Token or tokens of an account. Return `undefined` if there is no such account, and
 * throw if the source fails.
 *
 * Runs before anything is verified: `accountSid` is `AC` and 32 hex digits, but may be invented.
 * The signal aborts at the time limit.
 * @param accountSid The account that the request names, or `defaultAccountSid`.
 * @param signal Stops your request to the source. What is returned later is ignored.
 */
export type AccountLookup = (accountSid: string, signal: AbortSignal) => Awaitable<Tokens | undefined>

/**
 * Caches a look-up by AccountSid, for the `authToken` option.
 *
 * - Requests that wait for the same account share one look-up.
 * - After a mismatch the account is looked up again, because its token may have been rotated. The
 *   rate of this is limited.
 * - Invented accounts cannot exceed the limits of memory and of look-ups, and cannot delay the
 *   accounts in `knownAccounts`.
 * - Requests that name no account are verified as those of `defaultAccountSid`.
 *
 * A look-up that throws, takes too long or gives something that is not a token is
 * `key_lookup_failed`, and is not remembered. With `staleIfErrorSeconds` older tokens are used
 * instead. A look-up that gives `undefined` is `key_unknown`.
 * @param lookup Finds the tokens of one account.
 * @returns a look-up for the `authToken` option of a verifier or an adapter
 * @throws TypeError or RangeError that names the option, if one is unknown or out of range.
 */
export function cached(lookup: AccountLookup, options: CachedOptions = {}): AuthTokenLookup {
  if (typeof lookup !== 'function') throw new TypeError(`"lookup" must be a function, got ${typeof lookup}`)
  const settings = parseCachedOptions(readOptions(options, cachedOptions, 'cached'))
  return createTokenCache((accountSid, { signal }) => lookup(accountSid, signal), settings)
}

/** The circumstances of a look-up. */
interface Question {
  readonly signal: AbortSignal
  /** True after a mismatch: the tokens that are known may be old. */
  readonly refreshing: boolean
  readonly isKnown: boolean
}

/** Asks the source. The cache checks the answer. */
type Ask = (accountSid: string, question: Question) => Awaitable<unknown>

type FoundTokens = readonly string[] | undefined

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
  /** `undefined` if the source does not know the account, or did not answer yet. */
  readonly tokens: FoundTokens
  /** When the source last answered or failed. */
  askedAt: number
  /** When it last answered after a mismatch. */
  readonly refreshedAt: number
  /** When a request starts a look-up that it does not wait for. */
  readonly renewAt: number
  readonly expiresAt: number
  /** When new tokens replaced known ones. */
  readonly changedAt: number
  /** True if the account was not known when the source answered. */
  readonly isStranger: boolean
  /** True if the last look-up failed. */
  failing: boolean
}

const never = Number.NEGATIVE_INFINITY
const unanswered = {
  tokens: undefined,
  refreshedAt: never,
  renewAt: never,
  expiresAt: never,
  changedAt: never,
  isStranger: false,
  failing: false,
}

// While its look-ups fail, an account with tokens is looked up only once in this time.
const retryStaleMs = 1000

// The time between look-ups of an account whose token was just promoted. It may be promoted again.
const promotedMs = 250

/**
 * Creates a look-up that remembers tokens. AccountSids are hostile here: the sender of a request
 * chooses them.
 * @param ask Asks the source for one account.
 */
export function createTokenCache(ask: Ask, settings: CacheSettings): TokenCache {
  const { timeoutMs, maxEntries, maxLookupsPerSecond, defaultAccountSid } = settings
  const { now = () => performance.now(), onProblem = () => undefined } = settings
  const negativeTtlMs = settings.negativeTtlSeconds * 1000
  const refreshIntervalMs = settings.refreshIntervalSeconds * 1000
  const entries = createSegments<Entry>(maxEntries)
  const pending = new Map<string, Promise<FoundTokens>>()
  const strangersTurns = createRateLimit(maxLookupsPerSecond, now)
  const knownTurns = createRateLimit(maxLookupsPerSecond, now)
  const refreshes = createRateLimit(maxLookupsPerSecond, now)

  function find(accountSid: string): Awaitable<FoundTokens> {
    const entry = entries.get(accountSid)
    const time = now()
    // While the source fails, no request waits for it.
    // A tenant that was refused before it was added is looked up at once.
    const isAdded = entry?.isStranger === true && entry.tokens === undefined && isKnown(accountSid)
    if (entry !== undefined && !isAdded && (time < entry.expiresAt || (entry.failing && isUsableStale(entry)))) {
      if (needsRenewal(entry, time) && !pending.has(accountSid)) queue(accountSid, entry).catch(() => undefined)
      return entry.tokens
    }
    const found = awaitLookup(pending.get(accountSid) ?? queue(accountSid, entry))
    return entry?.tokens === undefined ? found : found.catch((error: unknown) => fallBack(accountSid, entry, error))
  }

  function needsRenewal({ tokens, renewAt, failing, askedAt }: Entry, time: number): boolean {
    return tokens !== undefined && time >= renewAt && !(failing && time < askedAt + retryStaleMs)
  }

  /** The look-up may go on after the request that started it. */
  function awaitLookup(found: Promise<FoundTokens>): Promise<FoundTokens> {
    return limitLookUp(() => found, timeoutMs)
  }

  function queue(accountSid: string, entry: Entry | undefined): Promise<FoundTokens> {
    const known = isKnown(accountSid)
    if (known && entry === undefined) entries.put(accountSid, { ...unanswered, askedAt: now() })
    // Each known account costs one look-up per lifetime of its tokens, as long as the source
    // answers with tokens.
    const isFree = known && (entry === undefined || (entry.tokens !== undefined && !entry.failing))
    const mostPending = known ? 2 * maxEntries : maxEntries
    const turns = known ? knownTurns : strangersTurns
    const waitMs = pending.size >= mostPending ? undefined : isFree ? 0 : turns.take(timeoutMs / 2)
    if (waitMs === undefined)
      return refuse(`Too many key look-ups for accounts that ${known ? 'fail' : 'are not known'}`)
    const found = startLookup(accountSid, waitMs, { refreshing: false, isKnown: known })
    if (known && !isFree) found.then(speedUp, () => undefined)
    return found
  }

  // After a failure of the source, each account would wait for the rate. So each answer makes space
  // for two more look-ups. The rate doubles while the source answers, and stays where half of them
  // fail.
  function speedUp(tokens: FoundTokens): void {
    if (tokens !== undefined) knownTurns.give(2)
  }

  function isKnown(accountSid: string): boolean {
    // An account that verified stays known while the source loses it for a while.
    if (accountSid === defaultAccountSid || entries.isTrusted(accountSid)) return true
    try {
      return settings.isNamed(accountSid)
    } catch (error) {
      runUnnoticed(() => onProblem(error, accountSid))
      return false
    }
  }

  function startLookup(accountSid: string, waitMs: number, question: Omit<Question, 'signal'>): Promise<FoundTokens> {
    const limitMs = question.isKnown ? timeoutMs + settings.queueMs : timeoutMs
    const controller = new AbortController()
    const askInTurn = async (): Promise<unknown> => {
      if (waitMs > 0) await sleep(waitMs, controller.signal)
      return ask(accountSid, { signal: controller.signal, ...question })
    }
    const found = limitLookUp(askInTurn, limitMs, () => controller.abort())
      .then((given) => keep(accountSid, given, question))
      .catch((error: unknown) => {
        markFailing(accountSid)
        runUnnoticed(() => onProblem(error, accountSid))
        throw error
      })
      .finally(() => pending.delete(accountSid))
    pending.set(accountSid, found)
    return found
  }

  function keep(accountSid: string, given: unknown, question: Omit<Question, 'signal'>): FoundTokens {
    const isNone = given === undefined || given === null
    const read = isNone ? undefined : readTokens(given)
    if (read === undefined && !isNone)
      throw nameFault(new TypeError('The key look-up gave something that is not an Auth Token'), 'no_token')
    const before = entries.get(accountSid) ?? unanswered
    const isSame = before.tokens?.join('\n') === read?.join('\n')
    const tokens = isSame ? before.tokens : read
    const time = now()
    // Accounts that were looked up together must not be looked up together again.
    const lifetimeMs = settings.ttlSeconds * 1000 * (1 - settings.spread * Math.random())
    entries.put(accountSid, {
      tokens,
      askedAt: time,
      refreshedAt: question.refreshing ? time : before.refreshedAt,
      renewAt: time + lifetimeMs * (1 - settings.spread),
      expiresAt: time + (tokens === undefined ? negativeTtlMs : lifetimeMs),
      changedAt: before.tokens === undefined || isSame ? before.changedAt : time,
      isStranger: !question.isKnown,
      failing: false,
    })
    return tokens
  }

  function markFailing(accountSid: string): void {
    const entry = entries.get(accountSid)
    if (entry !== undefined) Object.assign(entry, { failing: true, askedAt: now() })
  }

  function isUsableStale(entry: Entry): boolean {
    return entry.tokens !== undefined && now() < entry.expiresAt + settings.staleIfErrorSeconds * 1000
  }

  function fallBack(accountSid: string, entry: Entry, error: unknown): FoundTokens {
    if (!isUsableStale(entry)) throw error
    // Also if the look-up still waits for its turn: the next requests do not wait for it.
    if (entries.get(accountSid) === entry) markFailing(accountSid)
    return entry.tokens
  }

  function refresh(accountSid: string): Awaitable<FoundTokens> {
    const entry = entries.get(accountSid)
    if (entry === undefined) return undefined
    const time = now()
    const { tokens: tried, failing, askedAt } = entry
    const isPromoted = time - entry.changedAt < refreshIntervalMs
    let found = pending.get(accountSid)
    if (found === undefined) {
      // For an account that has verified, only look-ups after a mismatch count. Otherwise a token
      // that is promoted right after any other look-up would be refused.
      const countsFrom = entries.isTrusted(accountSid) && !failing ? entry.refreshedAt : askedAt
      if (!isPromoted && time - countsFrom < refreshIntervalMs)
        return failing ? refuse('The key look-up failed a moment ago') : undefined
      if (refreshes.take(0) === undefined) return refuse('Too many key look-ups after mismatches')
      const waitMs = isPromoted ? Math.max(0, askedAt + promotedMs - time) : 0
      found = startLookup(accountSid, waitMs, { refreshing: true, isKnown: isKnown(accountSid) })
    }
    // A request that was compared with older tokens is compared with those that replaced them.
    return awaitLookup(found).then((tokens) => (tokens === tried && !isPromoted ? undefined : tokens))
  }

  /** Adds the owner to tokens: the account that the source is asked for. */
  function answer(claim: UnverifiedClaim, findTokens: (accountSid: string) => Awaitable<FoundTokens>) {
    const accountSid = claim.accountSid ?? defaultAccountSid
    if (accountSid === undefined) return undefined
    const own = (authToken: FoundTokens): OwnTokens | undefined => authToken && { authToken, accountSid }
    const found = findTokens(accountSid)
    return isPromise(found) ? found.then(own) : own(found)
  }

  return Object.assign((claim: UnverifiedClaim) => answer(claim, find), {
    refresh: (claim: UnverifiedClaim) => answer(claim, refresh),
    verified({ accountSid = defaultAccountSid }: UnverifiedClaim) {
      if (accountSid !== undefined) entries.promote(accountSid)
    },
  })
}

function refuse(reason: string): Promise<never> {
  return Promise.reject(new Error(reason))
}
