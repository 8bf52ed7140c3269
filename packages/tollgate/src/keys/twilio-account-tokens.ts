import { maxTokens } from '../auth-token.ts'
import type { AuthTokenLookup, UnverifiedClaim } from '../interfaces.ts'
import { fetchAuthToken } from './accounts-api.ts'
import { createTokenCache } from './token-cache.ts'
import { parseTwilioOptions, type TwilioAccountTokensOptions, toBasicAuth } from './twilio-options.ts'

/**
 * Finds the Auth Tokens of a main account and its subaccounts with Twilio's Accounts API, for the
 * `authToken` option. It caches them as `cached` does and takes the same options.
 *
 * An account that is unknown, suspended, closed or not owned by the main account is `key_unknown`.
 * Refused credentials and an API that does not answer in time are `key_lookup_failed`, and
 * `onProblem` gets the error. https://www.twilio.com/docs/iam/api/account
 * @returns a look-up for the `authToken` option of a verifier or an adapter
 * @throws TypeError or RangeError that names the option, if one is missing, unknown or out of
 *   range.
 */
export function twilioAccountTokens(options: TwilioAccountTokensOptions): AuthTokenLookup {
  const { accountSid: main, authTokens, apiKey, cache: cacheSettings, ...api } = parseTwilioOptions(options)
  // The main account's tokens from Twilio, after those of the options did not match.
  let learned: readonly string[] | undefined

  const accountsApi = {
    ...api,
    accountSid: main,
    listCredentials() {
      if (apiKey !== undefined) return [apiKey]
      return [...new Set([...(learned ?? []), ...(authTokens ?? [])])].map((token) => toBasicAuth(main, token))
    },
  }
  const cache = createTokenCache(async (accountSid, { signal, refreshing }) => {
    const isMain = accountSid === main
    if (isMain && !refreshing && authTokens !== undefined) return learned ?? authTokens
    const tokens = await fetchAuthToken(accountsApi, accountSid, { signal, timeoutMs: cacheSettings.timeoutMs })
    if (isMain) learned = tokens
    return tokens
  }, cacheSettings)

  // Twilio does not say which token signs a Debugger event of a subaccount: its own, or that of the
  // account where the webhook is set.
  const isDebuggerEvent = (claim: UnverifiedClaim): boolean =>
    claim.parentAccountSid === main && claim.accountSid !== undefined && claim.accountSid !== main
  const toMain = (claim: UnverifiedClaim): UnverifiedClaim => ({ ...claim, accountSid: main })

  async function findBoth(claim: UnverifiedClaim): Promise<readonly string[] | undefined> {
    const own = toList(await cache(claim))
    // The main account's token counts only for a subaccount that it owns.
    return own.length === 0 ? undefined : [...own, ...toList(await cache(toMain(claim)))].slice(0, maxTokens)
  }

  async function refreshBoth(claim: UnverifiedClaim): Promise<readonly string[] | undefined> {
    const [own, mains] = await Promise.all([cache.refresh(claim), cache.refresh(toMain(claim))])
    const newer = [...toList(own), ...toList(mains)].slice(0, maxTokens)
    return newer.length === 0 ? undefined : newer
  }

  return Object.assign((claim: UnverifiedClaim) => (isDebuggerEvent(claim) ? findBoth(claim) : cache(claim)), {
    refresh: (claim: UnverifiedClaim) => (isDebuggerEvent(claim) ? refreshBoth(claim) : cache.refresh(claim)),
    verified: cache.verified,
  })
}

function toList(found: unknown): readonly string[] {
  return Array.isArray(found) ? found : []
}
