import { nameFault } from '../checks/answers.ts'
import { sleep } from '../checks/limits.ts'
import { isAccountSid, readTokens } from '../checks/secrets.ts'
import { buildApiUrl } from './api-url.ts'

/**
 * The part of `fetch` that a look-up uses.
 * @param url The address of an account in Twilio's Accounts API.
 * @param init The credentials in `authorization`, and the signal of the time limit.
 */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** How to reach the Accounts API. */
interface AccountsApi {
  readonly fetch: Fetch
  /** An origin and perhaps a path, without a slash at the end. */
  readonly baseUrl: string
  /** The main account, which owns the credentials and the subaccounts. */
  readonly accountSid: string
  /** An API key asks, and not an Auth Token. */
  readonly usesApiKey: boolean
  /** The values for `Authorization`. If one is refused, the next is tried. */
  listCredentials(): readonly string[]
}

// The description of an account has about 2 KB.
const maxResponseBytes = 64 * 1024

interface RequestTerms {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** Called after a 429, with the milliseconds for which no request should be sent. */
  slowDown(ms: number): void
}

/**
 * Asks Twilio for an account's Auth Token. https://www.twilio.com/docs/iam/api/account
 * @returns `undefined` if the main account owns no such account, or if the account is not active
 * @throws Error if Twilio gives no answer in time or an unusable one. Its message has no token, no
 *   credential and no part of the response.
 */
export async function fetchAuthToken(
  api: AccountsApi,
  accountSid: string,
  { signal, timeoutMs, slowDown }: RequestTerms,
): Promise<readonly string[] | undefined> {
  // The SID comes from a request that is not verified, and becomes part of a URL.
  if (!isAccountSid(accountSid)) return undefined
  const url = buildApiUrl(api.baseUrl, `/2010-04-01/Accounts/${accountSid}.json`)
  if (url === undefined) return undefined
  const deadline = performance.now() + timeoutMs
  for (const authorization of api.listCredentials()) {
    const init = { headers: { accept: 'application/json', authorization }, redirect: 'manual', signal } as const
    const response = await fetchWithRetries(() => api.fetch(url, init), deadline, { signal, slowDown })
    if (response.status === 200) return readAccount(api, accountSid, await readText(response))
    response.body?.cancel().catch(() => undefined)
    if (response.status === 404) return undefined
    if (response.status !== 401) throw failWith(response.status)
  }
  throw api.usesApiKey ? nameFault(new Error(refusedKey), 'api_key_refused') : failWith(401)
}

const refusedKey =
  'Twilio\'s Accounts API refuses the API key (401). A standard key cannot read Auth Tokens: use a main key or "authToken"'

const theApi = "Twilio's Accounts API"

function failWith(status: number | undefined): Error {
  if (status === undefined) return nameFault(new Error(`${theApi} cannot be reached`), 'unreachable')
  if (status === 401)
    return nameFault(new Error(`${theApi} refuses the Auth Token (401). It may have been rotated`), 'token_refused')
  if (status === 403)
    return nameFault(new Error(`${theApi} forbids the request (403). An API key must be a main key`), 'forbidden')
  const fault = status === 429 ? 'too_many_requests' : status >= 500 && status <= 599 ? 'api_failed' : 'other_answer'
  return nameFault(new Error(`${theApi} answered with status ${status}`), fault)
}

function readAccount(api: AccountsApi, accountSid: string, text: string): readonly string[] | undefined {
  const { sid, owner_account_sid: owner, status, auth_token: authToken } = parseObject(text)
  if (typeof sid !== 'string' || typeof status !== 'string')
    throw nameFault(new Error(`${theApi} did not answer with an account`), 'other_answer')
  if (sid !== accountSid || owner !== api.accountSid || status !== 'active') return undefined
  const tokens = readTokens(authToken)
  if (tokens === undefined)
    throw nameFault(new Error(`${theApi} answered with an account that has no usable auth_token`), 'forbidden')
  return tokens
}

function parseObject(text: string): { readonly [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as { readonly [name: string]: unknown }
  } catch {
    // The parser's message quotes the text, which has the token.
  }
  throw nameFault(new Error(`${theApi} did not answer with a JSON object`), 'other_answer')
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  const reader = response.body?.getReader()
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
    size += read.value.byteLength
    if (size > maxResponseBytes) {
      reader?.cancel().catch(() => undefined)
      throw nameFault(new Error(`${theApi} answered with more than ${maxResponseBytes} bytes`), 'other_answer')
    }
    text += decoder.decode(read.value, { stream: true })
  }
  return text + decoder.decode()
}

const maxAttempts = 4
const firstDelayMs = 100

/**
 * Repeats a request that failed to connect or was answered with 429 or 5xx. The pause before each
 * attempt grows, is partly random, so that callers spread out, and is at least what `Retry-After`
 * says.
 * @param deadline By `performance.now()`.
 * @throws Error after four attempts, or if the pause would be longer than the time that is left. It
 *   does not show the error of `fetch`, which may quote headers.
 */
async function fetchWithRetries(
  request: () => Promise<Response>,
  deadline: number,
  { signal, slowDown }: Omit<RequestTerms, 'timeoutMs'>,
): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const response = await request().catch(() => undefined)
    if (response !== undefined && response.status !== 429 && response.status < 500) return response
    response?.body?.cancel().catch(() => undefined)
    const delayMs = chooseDelay(attempt, response?.headers.get('retry-after'))
    if (response?.status === 429) slowDown(delayMs)
    if (attempt === maxAttempts || delayMs >= deadline - performance.now()) throw failWith(response?.status)
    await sleep(delayMs, signal)
  }
}

function chooseDelay(attempt: number, retryAfter: string | null | undefined): number {
  const ceilingMs = firstDelayMs * 2 ** attempt
  return Math.max(ceilingMs / 2 + (Math.random() * ceilingMs) / 2, parseRetryAfter(retryAfter))
}

/** Reads seconds or a date. @returns milliseconds from now, 0 for anything else */
function parseRetryAfter(value: string | null | undefined): number {
  if (value === null || value === undefined) return 0
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now())
}
