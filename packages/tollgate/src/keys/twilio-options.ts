import { describeSecretFault, parseTokens, type Tokens } from '../auth-token.ts'
import { checkKnownOptions } from '../known-options.ts'
import type { Fetch } from './accounts-api.ts'
import {
  type CachedOptions,
  type CacheSettings,
  cachedOptions,
  checkAccountSid,
  checkFunction,
  parseCachedOptions,
} from './cached-options.ts'

export interface TwilioAccountTokensOptions extends Omit<CachedOptions, 'defaultAccountSid'> {
  /** The main account, which owns the subaccounts. Requests that name no account are taken for its own. */
  readonly accountSid: string
  /**
   * Its Auth Token, or several during its rotation. They verify the main account's requests without asking Twilio, and are the credentials
   * for asking, each tried when the one before is refused. Either this or `apiKey`.
   */
  readonly authToken?: Tokens | undefined
  /** A main API key of the main account; a standard one may not read accounts. The rotation of the Auth Token does not touch it. */
  readonly apiKey?: { readonly sid: string; readonly secret: string } | undefined
  /** Default: the runtime's own. */
  readonly fetch?: Fetch | undefined
  /** Another origin than `https://api.twilio.com`, such as a Region's. HTTPS, or HTTP to this very machine. */
  readonly baseUrl?: string | undefined
}

export interface TwilioSettings {
  readonly accountSid: string
  readonly authTokens: readonly string[] | undefined
  readonly apiKey: string | undefined
  readonly fetch: Fetch
  readonly baseUrl: string
  readonly cache: CacheSettings
}

const { defaultAccountSid: _own, ...cacheNames } = cachedOptions

const known: Readonly<Record<keyof TwilioAccountTokensOptions, true>> = {
  ...cacheNames,
  accountSid: true,
  authToken: true,
  apiKey: true,
  fetch: true,
  baseUrl: true,
}

/** Throws a TypeError or RangeError that names the option; a secret is never shown. */
export function parseTwilioOptions(given: TwilioAccountTokensOptions): TwilioSettings {
  checkKnownOptions(given, known, 'twilioAccountTokens')
  const { accountSid, authToken, apiKey } = given
  checkAccountSid(accountSid, 'accountSid')
  checkFunction(given.fetch, 'fetch')
  if ((authToken === undefined) === (apiKey === undefined))
    throw new TypeError('"twilioAccountTokens" needs either "authToken" or "apiKey"')
  return {
    accountSid,
    authTokens: authToken === undefined ? undefined : parseTokens(authToken, 'authToken'),
    apiKey: apiKey === undefined ? undefined : parseApiKey(apiKey),
    // Workers refuse a fetch that is called as another object's method.
    fetch: given.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    baseUrl: parseBaseUrl(given.baseUrl ?? 'https://api.twilio.com'),
    cache: parseCachedOptions({ ...given, defaultAccountSid: accountSid }),
  }
}

function parseApiKey(apiKey: unknown): string {
  checkKnownOptions(apiKey, { sid: true, secret: true }, '"apiKey"')
  const { sid, secret } = apiKey as { sid?: unknown; secret?: unknown }
  if (typeof sid !== 'string' || !/^SK[0-9a-fA-F]{32}$/.test(sid))
    throw new TypeError('"apiKey.sid" must be "SK" and 32 hex digits')
  const fault = describeSecretFault(secret)
  if (fault !== undefined) throw new TypeError(`"apiKey.secret" ${fault}`)
  return toBasicAuth(sid, secret as string)
}

function parseBaseUrl(baseUrl: unknown): string {
  const url = typeof baseUrl === 'string' && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (url === undefined) throw new TypeError('"baseUrl" must be an absolute URL')
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal))
    throw new TypeError('"baseUrl" must be https: credentials and tokens travel over it')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new TypeError('"baseUrl" must have no userinfo, query or fragment')
  return url.origin + url.pathname.replace(/\/+$/, '')
}

export function toBasicAuth(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}
