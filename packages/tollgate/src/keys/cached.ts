import type { Tokens } from '../auth-token.ts'
import type { AuthTokenLookup, Awaitable } from '../interfaces.ts'
import { checkKnownOptions } from '../known-options.ts'
import { type CachedOptions, cachedOptions, parseCachedOptions } from './cached-options.ts'
import { createTokenCache } from './token-cache.ts'

/**
 * Finds the Auth Token or tokens of an account. Return `undefined` if there is no such account, and
 * throw if the source fails.
 *
 * Runs before anything is verified: `accountSid` is `AC` and 32 hex digits, but may be invented.
 * The signal aborts at the time limit.
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
  checkKnownOptions(options, cachedOptions, 'cached')
  return createTokenCache((accountSid, { signal }) => lookup(accountSid, signal), parseCachedOptions(options))
}
