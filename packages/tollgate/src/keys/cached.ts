import type { Tokens } from '../auth-token.ts'
import type { AuthTokenLookup, Awaitable } from '../interfaces.ts'
import { checkKnownOptions } from '../known-options.ts'
import { type CachedOptions, cachedOptions, parseCachedOptions } from './cached-options.ts'
import { createTokenCache } from './token-cache.ts'

/**
 * Finds an account's tokens; `undefined` where there is no such account, an exception where that cannot be told. The AccountSid is `AC` and
 * 32 hex digits, and nothing more is known of it: it may be invented. The signal aborts when the time is over.
 */
export type AccountLookup = (accountSid: string, signal: AbortSignal) => Awaitable<Tokens | undefined>

/**
 * Remembers what a look-up by AccountSid gives, for the `authToken` option. However many requests wait, an account is looked up once;
 * after a mismatch once more (its token may have been rotated), at a bounded rate; and however many accounts are invented,
 * neither memory nor the rate of look-ups grows beyond its limit. Requests that name no account are those of `defaultAccountSid`.
 *
 * A look-up that throws, gives something unusable or takes too long is `key_lookup_failed`, unless `staleIfErrorSeconds` allows
 * what was known; nothing is remembered of it. `undefined` is `key_unknown`.
 * @throws TypeError or RangeError, naming the option, when one is unknown or out of range.
 */
export function cached(lookup: AccountLookup, options: CachedOptions = {}): AuthTokenLookup {
  if (typeof lookup !== 'function') throw new TypeError(`"lookup" must be a function, got ${typeof lookup}`)
  checkKnownOptions(options, cachedOptions, 'cached')
  return createTokenCache((accountSid, { signal }) => lookup(accountSid, signal), parseCachedOptions(options))
}
