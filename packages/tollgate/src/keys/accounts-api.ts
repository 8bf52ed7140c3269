import { isAccountSid, readTokens } from '../auth-token.ts'
import { sleep } from './ask-in-time.ts'
import { fetchWithRetries } from './fetch-with-retries.ts'

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface AccountsApi {
  readonly fetch: Fetch
  /** Without a slash at its end. */
  readonly baseUrl: string
  /** The main account: the one whose credentials these are. */
  readonly accountSid: string
  /** What to send as `Authorization`; when one is refused, the next is tried. */
  listCredentials(): readonly string[]
}

// An account is described in some 2 KB.
const maxResponseBytes = 64 * 1024

/**
 * Asks Twilio for an account's Auth Token. `undefined`: no such account of this owner, or one that is not active. What it throws holds
 * no token, no credential and nothing of the response.
 */
export async function fetchAuthToken(
  api: AccountsApi,
  accountSid: string,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<readonly string[] | undefined> {
  // It comes from a request that is not verified, and becomes a part of a URL.
  if (!isAccountSid(accountSid)) return undefined
  const url = `${api.baseUrl}/2010-04-01/Accounts/${accountSid}.json`
  const deadline = performance.now() + timeoutMs
  for (const authorization of api.listCredentials()) {
    const init = { headers: { accept: 'application/json', authorization }, redirect: 'manual', signal } as const
    const response = await fetchWithRetries(() => api.fetch(url, init), {
      remainingMs: () => deadline - performance.now(),
      wait: (ms) => sleep(ms, signal),
    })
    if (response.status === 200) return readAccount(api, accountSid, await readText(response))
    response.body?.cancel().catch(() => undefined)
    if (response.status === 404) return undefined
    if (response.status !== 401) throw new Error(describeStatus(response.status))
  }
  throw new Error(describeStatus(401))
}

function describeStatus(status: number): string {
  if (status === 401) return "Twilio's Accounts API refuses the credentials (401): were they rotated?"
  if (status === 403) return "Twilio's Accounts API forbids the request (403): an API key must be a main key"
  return `Twilio's Accounts API answered with status ${status}`
}

function readAccount(api: AccountsApi, accountSid: string, text: string): readonly string[] | undefined {
  const { sid, owner_account_sid: owner, status, auth_token: authToken } = parseObject(text)
  if (typeof sid !== 'string' || typeof status !== 'string') throw new Error("Twilio's Accounts API gave no account")
  if (sid !== accountSid || owner !== api.accountSid || status !== 'active') return undefined
  const tokens = readTokens(authToken)
  if (tokens === undefined) throw new Error("Twilio's Accounts API gave an account without a usable auth_token")
  return tokens
}

function parseObject(text: string): { readonly [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as { readonly [name: string]: unknown }
  } catch {
    // The parser's message quotes the text, and with it the token.
  }
  throw new Error("Twilio's Accounts API gave something that is not a JSON object")
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
      throw new Error(`Twilio's Accounts API gave more than ${maxResponseBytes} bytes`)
    }
    text += decoder.decode(read.value, { stream: true })
  }
  return text + decoder.decode()
}
