import { limitLookUp, nameFault } from '../checks/answers.ts'
import { type Awaitable, createRateLimit, sleep } from '../checks/limits.ts'
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
  /**
   * Lifetimes are shorter than `ttlMs` by up to this part of it. In the last such part of a
   * lifetime, an account is looked up in the background. With 0 the first request after it waits.
   */
  readonly spread: number
  /**
   * How long the look-up of a known account may wait for its turn, also after its request ended.
   */
  readonly queueMs: number
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
  readonly isKnown: boolean
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
  /** How long "no such account" is remembered. The diagnosis reads it. */
  readonly negativeTtlMs: number
}

interface Entry {
  /** `undefined` if the source does not know the account. */
  tokens: Found
  /** When the source last answered or failed. */
  askedAt: number
  /** When it last answered after a mismatch. */
  refreshedAt: number
  /** When a request starts a look-up that it does not wait for. */
  renewAt: number
  expiresAt: number
  /** When new tokens replaced known ones. */
  changedAt: number
  /** True if the account was not known when the source answered. */
  readonly isStranger: boolean
  /** True if the last look-up failed. */
  failing: boolean
}

const never = Number.NEGATIVE_INFINITY

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
  const { now, timeoutMs, refreshIntervalMs, defaultAccountSid } = settings
  const entries = createSegments<Entry>(settings.maxEntries)
  const pending = new Map<string, Promise<Found>>()
  // Kept separately from the tokens, because an account stays known when its tokens are evicted or
  // the source loses it for a while.
  const verified = new Set<string>()
  const strangersTurns = createRateLimit(settings.maxLookupsPerSecond, now)
  const knownTurns = createRateLimit(settings.maxLookupsPerSecond, now)
  const refreshes = createRateLimit(settings.maxLookupsPerSecond, now)

  function find(accountSid: string): Awaitable<Found> {
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
  function awaitLookup(found: Promise<Found>): Promise<Found> {
    return limitLookUp(() => found, timeoutMs)
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
      return refuse(`Too many key look-ups for accounts that ${known ? 'fail' : 'are not known'}`)
    const found = startLookup(accountSid, waitMs, { refreshing: false, isKnown: known })
    if (known && !isFree) found.then(speedUp, () => undefined)
    return found
  }

  // After a failure of the source, each account would wait for the rate. So each answer makes space
  // for two more look-ups. The rate doubles while the source answers, and stays where half of them
  // fail.
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

  function startLookup(
    accountSid: string,
    waitMs: number,
    question: Pick<Question, 'refreshing' | 'isKnown'>,
  ): Promise<Found> {
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
        runUnnoticed(() => settings.onProblem(error, accountSid))
        throw error
      })
      .finally(() => pending.delete(accountSid))
    pending.set(accountSid, found)
    return found
  }

  function keep(
    accountSid: string,
    given: unknown,
    { refreshing, isKnown }: Pick<Question, 'refreshing' | 'isKnown'>,
  ): Found {
    const isNone = given === undefined || given === null
    const read = isNone ? undefined : readTokens(given)
    if (read === undefined && !isNone)
      throw nameFault(new TypeError('The key look-up gave something that is not an Auth Token'), 'no_token')
    const known = entries.get(accountSid)
    const isSame = areSame(known?.tokens, read)
    const tokens = isSame ? known?.tokens : read
    const time = now()
    // Accounts that were looked up together must not be looked up together again.
    const lifetimeMs = settings.ttlMs * (1 - settings.spread * Math.random())
    entries.put(accountSid, {
      tokens,
      askedAt: time,
      refreshedAt: refreshing ? time : (known?.refreshedAt ?? never),
      renewAt: time + lifetimeMs * (1 - settings.spread),
      expiresAt: time + (tokens === undefined ? settings.negativeTtlMs : lifetimeMs),
      changedAt: known?.tokens === undefined ? never : isSame ? known.changedAt : time,
      isStranger: !isKnown,
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

  function fallBack(accountSid: string, entry: Entry, error: unknown): Found {
    if (!isUsableStale(entry)) throw error
    // Also if the look-up still waits for its turn: the next requests do not wait for it.
    if (entries.get(accountSid) === entry) markFailing(accountSid)
    return entry.tokens
  }

  function refresh(accountSid: string): Awaitable<Found> {
    const entry = entries.get(accountSid)
    if (entry === undefined) return undefined
    const time = now()
    const { tokens: tried, failing, askedAt } = entry
    const isPromoted = time - entry.changedAt < refreshIntervalMs
    let found = pending.get(accountSid)
    if (found === undefined) {
      // For an account that has verified, only look-ups after a mismatch count. Otherwise a token
      // that is promoted right after any other look-up would be refused.
      const countsFrom = verified.has(accountSid) && !failing ? entry.refreshedAt : askedAt
      if (!isPromoted && time - countsFrom < refreshIntervalMs)
        return failing ? refuse('The key look-up failed a moment ago') : undefined
      if (refreshes.take(0) === undefined) return refuse('Too many key look-ups after mismatches')
      const waitMs = isPromoted ? Math.max(0, askedAt + promotedMs - time) : 0
      found = startLookup(accountSid, waitMs, { refreshing: true, isKnown: isKnown(accountSid) })
    }
    // A request that was compared with older tokens is compared with those that replaced them.
    return awaitLookup(found).then((tokens) => (tokens === tried && !isPromoted ? undefined : tokens))
  }

  function chooseAccount(claim: UnverifiedClaim): string | undefined {
    return claim.accountSid ?? defaultAccountSid
  }

  const lookup = (claim: UnverifiedClaim): Awaitable<OwnTokens | undefined> => {
    const accountSid = chooseAccount(claim)
    return accountSid === undefined ? undefined : bind(find(accountSid), accountSid)
  }
  return Object.assign(lookup, {
    negativeTtlMs: settings.negativeTtlMs,
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
  return {
    tokens: undefined,
    askedAt: time,
    refreshedAt: never,
    renewAt: never,
    expiresAt: never,
    changedAt: never,
    isStranger: false,
    failing: false,
  }
}

function refuse(reason: string): Promise<never> {
  return Promise.reject(new Error(reason))
}

/** Adds the owner to tokens: the account that the source was asked for. */
function bind(found: Awaitable<Found>, accountSid: string): Awaitable<OwnTokens | undefined> {
  const add = (authToken: Found) => authToken && { authToken, accountSid }
  return found === undefined || Array.isArray(found) ? add(found) : (found as PromiseLike<Found>).then(add)
}

function areSame(one: Found, other: Found): boolean {
  return one?.length === other?.length && (one ?? []).every((token, index) => token === other?.[index])
}
