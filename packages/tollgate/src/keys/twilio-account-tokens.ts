import { encodeUtf8 } from '../bytes.ts'
import { limitLookUp } from '../checks/answers.ts'
import { unref } from '../checks/limits.ts'
import { readOptions, runUnnoticed } from '../checks/options.ts'
import { parseUrl } from '../checks/runtime.ts'
import { describeSecretFault, maxTokens, parseTokens, type Tokens } from '../checks/secrets.ts'
import type { AuthTokenLookup, UnverifiedClaim } from '../verify/types.ts'
import { type Fetch, fetchAuthToken } from './accounts-api.ts'
import { type CachedOptions, cachedOptions, checkAccountSid, parseCachedOptions } from './cache-options.ts'
import { createTokenCache, type OwnTokens } from './cached.ts'

/**
 * Finds the Auth Tokens of a main account and its subaccounts with Twilio's Accounts API, for the
 * `authToken` option. It caches them as `cached` does and takes the same options.
 *
 * It spares the API: at most 50 look-ups run at the same time, after a 429 they pause and become
 * fewer, and tokens in use are renewed in the background, each account's at another time, after
 * 64 % to 80 % of `ttlSeconds`. A look-up of a known account keeps its place after the request that
 * waited for it was refused.
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
    usesApiKey: apiKey !== undefined,
    listCredentials() {
      if (apiKey !== undefined) return [apiKey]
      return [...new Set([...(learned ?? []), ...(authTokens ?? [])])].map((token) => toBasicAuth(main, token))
    },
  }
  // Invented accounts take no turn of a known one.
  const turnsOfKnown = createTurns(40)
  const turnsOfStrangers = createTurns(10)

  async function askTwilio(
    accountSid: string,
    signal: AbortSignal,
    { take, slowDown }: Turns,
  ): Promise<readonly string[] | undefined> {
    const { timeoutMs, onProblem } = cacheSettings
    const queuedAt = performance.now()
    const leave = await take(signal)
    // The time limit begins with the turn.
    const controller = new AbortController()
    const stop = (): void => controller.abort()
    signal.addEventListener('abort', stop, { once: true })
    const work = () => fetchAuthToken(accountsApi, accountSid, { signal: controller.signal, timeoutMs, slowDown })
    const tokens = await limitLookUp(work, timeoutMs, stop).finally(leave)
    const tookMs = performance.now() - queuedAt
    // Requests that waited for this long were refused, so its success is a problem too.
    if (tookMs > timeoutMs)
      runUnnoticed(() =>
        onProblem?.(new Error(`The key look-up had to wait, and took ${Math.ceil(tookMs)} ms`), accountSid),
      )
    return tokens
  }

  const cache = createTokenCache(async (accountSid, { signal, refreshing, isKnown }) => {
    const isMain = accountSid === main
    if (isMain && !refreshing && authTokens !== undefined) return learned ?? authTokens
    const tokens = await askTwilio(accountSid, signal, isKnown ? turnsOfKnown : turnsOfStrangers)
    if (isMain) learned = tokens
    return tokens
  }, cacheSettings)

  // Twilio does not say which token signs a Debugger event of a subaccount: its own, or that of the
  // account where the webhook is set.
  const isDebuggerEvent = (claim: UnverifiedClaim): boolean =>
    claim.parentAccountSid === main && claim.accountSid !== undefined && claim.accountSid !== main
  const toMain = (claim: UnverifiedClaim): UnverifiedClaim => ({ ...claim, accountSid: main })

  async function findBoth(claim: UnverifiedClaim): Promise<OwnTokens | undefined> {
    const own = await cache(claim)
    // The main account's token counts only for a subaccount that it owns.
    return own && joinTokens(own.accountSid, own, await cache(toMain(claim)))
  }

  async function refreshBoth(claim: UnverifiedClaim): Promise<OwnTokens | undefined> {
    const [own, mains] = await Promise.all([cache.refresh(claim), cache.refresh(toMain(claim))])
    return joinTokens(claim.accountSid, own, mains)
  }

  return Object.assign((claim: UnverifiedClaim) => (isDebuggerEvent(claim) ? findBoth(claim) : cache(claim)), {
    refresh: (claim: UnverifiedClaim) => (isDebuggerEvent(claim) ? refreshBoth(claim) : cache.refresh(claim)),
    verified: cache.verified,
  })
}

const longestPauseMs = 30_000

type Turns = ReturnType<typeof createTurns>

/**
 * Limits how many look-ups run at the same time. Their number halves when the API is too busy.
 * Afterwards, it grows by one in each round of answers.
 * @param most How many turns there are at the start, and at most.
 */
function createTurns(most: number) {
  const waiting = new Set<() => void>()
  let limit = most
  let taken = 0
  let pauses = 0

  function startNext(): void {
    for (const start of waiting) {
      if (pauses > 0 || taken >= limit) return
      waiting.delete(start)
      taken += 1
      start()
    }
  }

  function leave(): void {
    taken -= 1
    limit = Math.min(most, limit + 1 / limit)
    startNext()
  }

  return {
    /** Waits for a turn, until the signal aborts. Returns a function that ends it. */
    take(signal: AbortSignal) {
      return new Promise<() => void>((resolve, reject) => {
        const stop = (): void => {
          waiting.delete(start)
          reject(new Error('Aborted while waiting'))
        }
        const start = (): void => {
          signal.removeEventListener('abort', stop)
          resolve(leave)
        }
        signal.addEventListener('abort', stop, { once: true })
        waiting.add(start)
        startNext()
      })
    },
    /** Starts no look-up for a while, and fewer at the same time afterwards. */
    slowDown(ms: number) {
      // Requests that ran at the same time are refused for the same reason.
      if (pauses === 0) limit = Math.max(1, limit / 2)
      pauses += 1
      const end = (): void => {
        pauses -= 1
        startNext()
      }
      unref(setTimeout(end, Math.min(ms, longestPauseMs)))
    },
  }
}

function joinTokens(accountSid: string | undefined, ...found: (OwnTokens | undefined)[]): OwnTokens | undefined {
  const authToken = found.flatMap((tokens) => tokens?.authToken ?? []).slice(0, maxTokens)
  return accountSid === undefined || authToken.length === 0 ? undefined : { authToken, accountSid }
}

/** Options of `twilioAccountTokens`: those of `cached`, except `defaultAccountSid`, and these. */
export interface TwilioAccountTokensOptions extends Omit<CachedOptions, 'defaultAccountSid'> {
  /**
   * The main account, which owns the subaccounts. Requests that name no account are verified as its
   * own.
   */
  readonly accountSid: string
  /**
   * How long after `ttlSeconds` tokens are still used while look-ups fail, in seconds, an integer
   * from 0 to 604,800. Default 14,400, which is four hours. With 0, an outage of the API refuses
   * every account whose tokens expire.
   */
  readonly staleIfErrorSeconds?: number | undefined
  /**
   * The main account's Auth Token, or several during its rotation. They verify the main account's
   * requests without a look-up. They are also the credentials for the API: if one is refused, the
   * next is tried. Give either this or `apiKey`. Default: none.
   */
  readonly authToken?: Tokens | undefined
  /**
   * A main API key of the main account. A standard key may not read accounts. The rotation of the
   * Auth Token does not affect it. Default: none.
   */
  readonly apiKey?: { readonly sid: string; readonly secret: string } | undefined
  /** Replaces the runtime's `fetch`. Default: `globalThis.fetch`. */
  readonly fetch?: Fetch | undefined
  /**
   * Another origin, such as a Region's. HTTPS, or HTTP on this machine. Default
   * `https://api.twilio.com`.
   */
  readonly baseUrl?: string | undefined
}

/** The options of `twilioAccountTokens`, beside those of `cached`. */
export const twilioAccountTokensOptions = {
  accountSid: { type: 'other', required: true },
  staleIfErrorSeconds: { type: 'integer', least: 0, most: 604_800, default: 14_400 },
  authToken: { type: 'other' },
  apiKey: { type: 'other' },
  fetch: { type: 'function' },
  baseUrl: { type: 'other' },
} as const

const { defaultAccountSid: _own, ...cacheOptions } = cachedOptions
const known = { ...cacheOptions, ...twilioAccountTokensOptions }

const apiKeyOptions = {
  sid: { type: 'other', required: true },
  secret: { type: 'other', required: true },
} as const

/**
 * Checks the options of `twilioAccountTokens` and fills in defaults.
 * @throws TypeError or RangeError that names the option and never shows a secret.
 */
function parseTwilioOptions(options: TwilioAccountTokensOptions) {
  const given = readOptions(options, known, 'twilioAccountTokens')
  const { accountSid, authToken, apiKey } = given
  checkAccountSid(accountSid, 'accountSid')
  if ((authToken === undefined) === (apiKey === undefined))
    throw new TypeError('"twilioAccountTokens" needs either "authToken" or "apiKey"')
  return {
    accountSid,
    authTokens: authToken === undefined ? undefined : parseTokens(authToken, 'authToken'),
    apiKey: apiKey === undefined ? undefined : parseApiKey(apiKey),
    // Workers refuse a `fetch` that is called as the method of another object.
    fetch: given.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    baseUrl: parseBaseUrl(given.baseUrl ?? 'https://api.twilio.com'),
    cache: {
      ...parseCachedOptions({ ...given, defaultAccountSid: accountSid }),
      spread: 0.2,
      queueMs: 30_000,
    },
  }
}

function parseApiKey(apiKey: NonNullable<TwilioAccountTokensOptions['apiKey']>): string {
  const { sid, secret } = readOptions(apiKey, apiKeyOptions, '"apiKey"', 'apiKey.')
  if (typeof sid !== 'string' || !/^SK[0-9a-fA-F]{32}$/.test(sid))
    throw new TypeError('"apiKey.sid" must be "SK" and 32 hex digits')
  const fault = describeSecretFault(secret)
  if (fault !== undefined) throw new TypeError(`"apiKey.secret" ${fault}`)
  return toBasicAuth(sid, secret as string)
}

function parseBaseUrl(baseUrl: unknown): string {
  const url = typeof baseUrl === 'string' ? parseUrl(baseUrl) : undefined
  if (url === undefined) throw new TypeError('"baseUrl" must be an absolute URL')
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal))
    throw new TypeError('"baseUrl" must be https, because credentials and tokens travel over it')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new TypeError('"baseUrl" must have no userinfo, query or fragment')
  return url.origin + url.pathname.replace(/\/+$/, '')
}

/** @returns the value of an `Authorization` header: RFC 7617, in UTF-8 */
function toBasicAuth(user: string, password: string): string {
  const bytes = encodeUtf8(`${user}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}
