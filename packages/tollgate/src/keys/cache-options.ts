import { type ReadOptions, refusePromise } from '../checks/options.ts'
import { isAccountSid } from '../checks/secrets.ts'

/** The accounts that a look-up should expect: see `CachedOptions.knownAccounts`. */
export type KnownAccounts = readonly string[] | ReadonlySet<string> | ((accountSid: string) => boolean)

/** Options of `cached`. Each may also be undefined. */
export interface CachedOptions {
  /**
   * How long tokens are used before the account is looked up again, in seconds, an integer from 1
   * to 86,400. Default 300.
   */
  readonly ttlSeconds?: number | undefined
  /**
   * How long "no such account" is remembered, in seconds, an integer from 0 to 86,400. Default 30.
   */
  readonly negativeTtlSeconds?: number | undefined
  /**
   * How many accounts are remembered, an integer from 10 to 10,000,000. Default 10,000, or a
   * quarter more than the list or Set `knownAccounts` has, if that is more. Choose at least a fifth
   * more than you have: a tenth is kept free for accounts that have not verified. Only other
   * accounts that verified can evict an account that did.
   */
  readonly maxEntries?: number | undefined
  /**
   * The time limit of one look-up in milliseconds, an integer from 1 to 15,000. Keep it below the
   * verifier's `lookupTimeoutMs`. Default 2,500.
   */
  readonly timeoutMs?: number | undefined
  /**
   * How long after `ttlSeconds` tokens are still used while look-ups fail, in seconds, an integer
   * from 0 to 604,800. While they are used, the account is looked up in the background. Default 0:
   * not at all.
   */
  readonly staleIfErrorSeconds?: number | undefined
  /**
   * A mismatch causes a look-up only if the last one is at least this long ago, in seconds, an
   * integer from 1 to 3,600. Default 10. For an account that has verified, only look-ups after a
   * mismatch count.
   *
   * For this time after a look-up that found new tokens, each mismatch is compared with a new
   * look-up, at most four a second, because the token may be promoted again. For this time after a
   * look-up that failed, a mismatch is `key_lookup_failed`, because the token may be a new one.
   */
  readonly refreshIntervalSeconds?: number | undefined
  /**
   * How many look-ups per second are made for accounts that are neither in `knownAccounts` nor have
   * verified, an integer from 1 to 1,000,000. Default 100. A look-up beyond the rate
   * waits up to half of `timeoutMs` for its turn. After that it fails (`key_lookup_failed`).
   *
   * Known accounts have no limit while the source answers for them. If the source fails or does not
   * know them, the same rate limits their look-ups, counted separately. It also limits the look-ups
   * after a mismatch: beyond the rate, a mismatch is `key_lookup_failed`.
   */
  readonly maxLookupsPerSecond?: number | undefined
  /**
   * The accounts that are yours: AccountSids, or a function that answers whether one is. Their
   * look-ups pass a flood of requests that name invented accounts, also after a deployment, when
   * nothing is remembered. An account that is missing here verifies as well: until its first
   * request has passed, it shares `maxLookupsPerSecond` with the invented ones.
   *
   * A list is copied. A set is read at each look-up, so accounts can be added to it. A function is
   * asked about invented accounts too, so it must be synchronous and answer `true` or `false` from
   * memory.
   * If it throws or gives anything else, `onProblem` is called and the account counts as missing.
   * Default: none.
   */
  readonly knownAccounts?: KnownAccounts | undefined
  /**
   * The account of requests that name none: JSON events and WebSocket handshakes. Default: such
   * requests are `key_unknown`.
   */
  readonly defaultAccountSid?: string | undefined
  /**
   * Called with the error of each look-up that fails. An exception in it is ignored. Default:
   * errors are not reported.
   */
  readonly onProblem?: ((error: unknown, accountSid: string) => void) | undefined
  /** A clock in milliseconds that never goes back, for tests. Default `performance.now()`. */
  readonly now?: (() => number) | undefined
}

/** The options of `cached`. */
export const cachedOptions = {
  ttlSeconds: { type: 'integer', least: 1, most: 86_400, default: 300 },
  negativeTtlSeconds: { type: 'integer', least: 0, most: 86_400, default: 30 },
  maxEntries: { type: 'integer', least: 10, most: 10_000_000 },
  timeoutMs: { type: 'integer', least: 1, most: 15_000, default: 2500 },
  staleIfErrorSeconds: { type: 'integer', least: 0, most: 604_800, default: 0 },
  refreshIntervalSeconds: { type: 'integer', least: 1, most: 3600, default: 10 },
  maxLookupsPerSecond: { type: 'integer', least: 1, most: 1_000_000, default: 100 },
  knownAccounts: { type: 'other' },
  defaultAccountSid: { type: 'other' },
  onProblem: { type: 'function' },
  now: { type: 'function' },
} as const

/** The options of `cached`, checked and complete. */
export interface CacheSettings extends ReadOptions<CachedOptions, typeof cachedOptions> {
  readonly maxEntries: number
  /** Throws what the user's function throws. */
  readonly isNamed: (accountSid: string) => boolean
  /**
   * Lifetimes are shorter than `ttlSeconds` by up to this part of it. In the last such part of a
   * lifetime, an account is looked up in the background. With 0 the first request after it waits.
   */
  readonly spread: number
  /**
   * How long the look-up of a known account may wait for its turn, also after its request ended.
   */
  readonly queueMs: number
}

/**
 * Completes the options of `cached`.
 * @throws TypeError that names the option, for one that the table does not check.
 */
export function parseCachedOptions(given: ReadOptions<CachedOptions, typeof cachedOptions>): CacheSettings {
  if (given.defaultAccountSid !== undefined) checkAccountSid(given.defaultAccountSid, 'defaultAccountSid')
  const { isNamed, size } = parseKnownAccounts(given.knownAccounts)
  // With too little space, accounts that take turns would evict each other, and nothing is cached.
  const enoughEntries = Math.min(Math.max(10_000, Math.ceil(size * 1.25)), 10_000_000)
  return { ...given, maxEntries: given.maxEntries ?? enoughEntries, isNamed, spread: 0, queueMs: 0 }
}

/** @returns the check of one account, and how many accounts there are; 0 for a function */
function parseKnownAccounts(known: unknown): Pick<CacheSettings, 'isNamed'> & { readonly size: number } {
  if (known === undefined) return { isNamed: () => false, size: 0 }
  if (typeof known === 'function') return { isNamed: (accountSid) => checkAnswer(known(accountSid)), size: 0 }
  const set: unknown = Array.isArray(known) ? new Set(known) : known
  if (!isSet(set)) throw new TypeError('"knownAccounts" must be a list, a Set or a function')
  for (const accountSid of set) checkAccountSid(accountSid, 'knownAccounts')
  return { isNamed: (accountSid) => set.has(accountSid), size: set.size }
}

/** From any realm: `instanceof` fails inside a test runner's sandbox. */
function isSet(value: unknown): value is ReadonlySet<unknown> {
  return Object.prototype.toString.call(value) === '[object Set]'
}

function checkAnswer(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  refusePromise(answer, 'The function "knownAccounts"')
  throw new TypeError('"knownAccounts" must answer true or false at once')
}

/** @throws TypeError that names the option. */
export function checkAccountSid(value: unknown, name: string): void {
  if (typeof value !== 'string' || !isAccountSid(value))
    throw new TypeError(`"${name}" must be an AccountSid: "AC" and 32 hex digits`)
}
