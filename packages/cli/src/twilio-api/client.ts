import { setTimeout as sleep } from 'node:timers/promises'
import { isDeep } from 'tollgate/internal'
import { buildApiUrl } from 'tollgate/keys'
import { UnreachableError, UsageError } from '../exit.ts'
import type { Credentials } from './credentials.ts'

/** Reads Twilio's REST API. It sends GET requests only. */
export interface TwilioApi {
  /**
   * Reads one resource.
   * @param as other credentials, such as a subaccount's
   * @throws ApiError if Twilio refuses, or gives no usable answer after several attempts
   */
  get(product: string, path: string, as?: Credentials): Promise<JsonObject>
  /**
   * Reads a list page by page, so that the pages before a failure are kept.
   * @param key the property that holds the items. `undefined`: the only list of the answer
   * @throws ApiError also for a list of more than 100,000 items, 2,000 pages or 10 minutes, after
   *   what was read so far
   */
  pages(
    product: string,
    path: string,
    key: string | undefined,
    as?: Credentials,
  ): AsyncGenerator<readonly JsonObject[], void, undefined>
  /**
   * Reads every page of a list.
   * @param key the property that holds the items. `undefined`: the only list of the answer
   * @param most stops after so many items
   * @throws ApiError also for a list of more than 64 MiB, because it is kept
   */
  list(
    product: string,
    path: string,
    key: string | undefined,
    as?: Credentials,
    most?: number,
  ): Promise<readonly JsonObject[]>
  readonly requests: number
}

export type JsonObject = Readonly<Record<string, unknown>>

/** Twilio refused a request, or gave no usable answer. The message has no credential. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** The status of the answer; 0 if there was none. */
  readonly status: number
  /** How long Twilio asks to wait before the next attempt. */
  readonly retryAfterMs: number

  constructor(status: number, message: string, retryAfterMs = 0) {
    super(message)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

interface ApiOptions {
  readonly credentials: Credentials
  readonly urlOf: (product: string) => string
  readonly requestsPerSecond: number
  /** Ends all requests. None is repeated, because somebody waits. */
  readonly signal?: AbortSignal
}

// The largest pages of Twilio's, with 1,000 items, have 2 MB.
const maxAnswerBytes = 8 * 1024 * 1024
const maxAttempts = 6
const firstDelayMs = 200
const longestDelayMs = 60_000
const timeoutMs = 30_000
// An address of Twilio's has some hundred characters.
const maxAddress = 8192
// A list that never ends is a fault of the server. It also ends for a server that invents items.
const maxItems = 100_000
const maxPages = 2000
const maxListMs = 10 * 60_000
const maxListCharacters = 64 * 1024 * 1024
const maxEqualPages = 50
/** The longest time that an audit reads. */
const maxRunMs = 4 * 60 * 60_000

export function createTwilioApi({ credentials, urlOf, requestsPerSecond, signal }: ApiOptions): TwilioApi {
  let requests = 0
  let nextStart = 0
  const startedAt = performance.now()

  /** Waits for this request's turn, so that all requests together keep to the rate. */
  async function waitForTurn(): Promise<void> {
    const now = performance.now()
    const start = Math.max(now, nextStart)
    nextStart = start + 1000 / requestsPerSecond
    if (start > now) await sleep(start - now)
  }

  async function send(url: string, { username, password }: Credentials): Promise<Response> {
    await waitForTurn()
    requests++
    return await fetch(url, {
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      },
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
    })
  }

  async function get(product: string, path: string, as: Credentials = credentials): Promise<JsonObject> {
    const url = buildApiUrl(urlOf(product), path)
    if (url === undefined) throw new ApiError(200, 'an address in the answer leads to another server')
    if (performance.now() - startedAt > maxRunMs)
      throw new ApiError(0, `not read in the first ${maxRunMs / 3_600_000} hours`)
    for (let attempt = 1; ; attempt++) {
      const answer = await send(url, as).then(readAnswer).catch(toApiError)
      if (!(answer instanceof ApiError)) return answer
      const { status, retryAfterMs } = answer
      const mayRecover = status === 0 || status === 429 || status >= 500
      if (!mayRecover || attempt === maxAttempts || signal !== undefined) throw answer
      // The pause is partly random, so that parallel requests spread out.
      const delayMs = firstDelayMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2)
      await sleep(Math.min(Math.max(delayMs, retryAfterMs), longestDelayMs))
    }
  }

  async function* pages(
    product: string,
    path: string,
    key: string | undefined,
    as?: Credentials,
  ): AsyncGenerator<readonly JsonObject[], void, undefined> {
    const seen = new Set<string>()
    const listStartedAt = performance.now()
    let last = ''
    let equal = 0
    let items = 0
    for (let next: string | undefined = path; next !== undefined; ) {
      seen.add(next)
      const page: JsonObject = await get(product, next, as)
      const found = key === undefined ? Object.values(page).find(Array.isArray) : page[key]
      if (!Array.isArray(found))
        throw new ApiError(200, `the answer has no list${key === undefined ? '' : ` "${key}"`}`)
      const kept = found.slice(0, maxItems - items)
      yield kept.filter(isObject)
      items += kept.length
      const content = JSON.stringify(found)
      equal = content === last ? equal + 1 : 0
      last = content
      next = findNextPage(page, path, new URL(urlOf(product)).pathname)
      if (next !== undefined && (seen.has(next) || equal >= maxEqualPages))
        throw new ApiError(200, 'the pages of the list do not end')
      const isCut = kept.length < found.length
      const limit = [
        isCut || items === maxItems ? '100,000 items' : undefined,
        seen.size >= maxPages ? '2,000 pages' : undefined,
        performance.now() - listStartedAt > maxListMs ? '10 minutes' : undefined,
      ].find((each) => each !== undefined)
      if (limit !== undefined && (isCut || next !== undefined))
        throw new ApiError(200, `the list was cut after ${limit}`)
    }
  }

  async function list(
    product: string,
    path: string,
    key: string | undefined,
    as?: Credentials,
    most = Number.POSITIVE_INFINITY,
  ): Promise<readonly JsonObject[]> {
    const items: JsonObject[] = []
    let characters = 0
    for await (const page of pages(product, path, key, as)) {
      for (const item of page) items.push(item)
      characters += JSON.stringify(page).length
      if (characters > maxListCharacters) throw new ApiError(200, 'the list is larger than 64 MiB')
      if (items.length >= most) break
    }
    return items.slice(0, most)
  }

  return {
    get,
    pages,
    list,
    get requests() {
      return requests
    },
  }
}

async function readAnswer(response: Response): Promise<JsonObject | ApiError> {
  const { status } = response
  const value = parseObject(await readText(response))
  if (status === 200 && value !== undefined) return value
  if (status === 200) return new ApiError(0, 'the answer is not a JSON object')
  const code = typeof value?.code === 'number' ? `, Twilio's error ${value.code}` : ''
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after') ?? '')
  const meaning = meanings[status] ?? (status >= 500 ? 'an error at Twilio' : 'not an answer of this API')
  return new ApiError(status, `${status}${code}: ${meaning}`, retryAfterMs)
}

/** The header holds seconds or a date: RFC 9110 section 10.2.3. */
function parseRetryAfter(value: string): number {
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000
  const date = value.endsWith('GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now())
}

const meanings: Readonly<Record<number, string>> = {
  400: 'Twilio cannot read the request',
  401: 'Twilio does not accept the credentials',
  403: 'the credentials have no permission for it',
  404: 'there is no such thing in this account',
  429: 'too many requests',
}

/** The error of `fetch` may quote headers, so only its code is shown. */
function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const { name, cause }: { name?: string; cause?: { code?: unknown } } = Object(error)
  const why = name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000} s` : `no connection`
  return new ApiError(0, `${why}${typeof cause?.code === 'string' ? ` (${cause.code})` : ''}`)
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > maxAnswerBytes) throw new ApiError(200, 'the answer is larger than 8 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && !isDeep(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Returns path and query of the next page. The host that the answer names is ignored, because the
 * credentials go there.
 * @param basePath the path of --api-url, which an absolute address may repeat
 */
function findNextPage(page: JsonObject, path: string, basePath: string): string | undefined {
  const meta = isObject(page.meta) ? page.meta : {}
  const next = page.next_page_uri ?? meta.next_page_url ?? ''
  if (next !== '') {
    const { protocol, pathname, search } = parseAddress(next)
    if (!/^https?:$/.test(protocol)) throw new ApiError(200, malformedAddress)
    return (pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : pathname) + search
  }
  if (typeof meta.nextToken !== 'string' || meta.nextToken === '') return undefined
  if (meta.nextToken.length > maxAddress) throw new ApiError(200, malformedAddress)
  return `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams({ pageToken: meta.nextToken })}`
}

const malformedAddress = 'the address of the next page is malformed'

function parseAddress(address: unknown): URL {
  const isShort = typeof address === 'string' && address.length <= maxAddress
  if (!isShort || !URL.canParse(address, 'https://api.twilio.com')) throw new ApiError(200, malformedAddress)
  return new URL(address, 'https://api.twilio.com')
}

/**
 * Converts the failure of a request without which the command cannot go on: Twilio's refusal is
 * wrong usage, and no answer is unreachable.
 */
export function toCommandError(error: unknown, what: string): unknown {
  if (!(error instanceof ApiError)) return error
  const { status, message } = error
  return status >= 400 && status < 429
    ? new UsageError(`${what}: ${message}.`)
    : new UnreachableError(`${what}: ${message}.`)
}
