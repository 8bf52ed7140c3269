import type { IncomingMessage, ServerResponse } from 'node:http'
import { listen } from '../support.ts'
import openapi from './openapi.json' with { type: 'json' }

/** What Twilio's OpenAPI files say about one GET. */
interface Operation {
  /** The property that holds the list. Absent: the answer is one resource. */
  readonly list?: string
  readonly paging?: 'uri' | 'url' | 'token'
  readonly required?: readonly string[]
  readonly fields: Readonly<Record<string, string>>
}

/** By product and path, such as `messaging /v1/Services`. */
export const operations = openapi.operations as unknown as Readonly<Record<string, Operation>>

export type Item = Readonly<Record<string, unknown>>

export interface FakeAccount {
  readonly sid: string
  readonly authToken: string
  readonly owner?: string
  readonly status?: 'active' | 'suspended' | 'closed'
  /** The items of each list, or the one resource, by product and filled path. */
  readonly data: Record<string, readonly Item[] | Item>
}

export interface FakeOptions {
  readonly accounts: readonly FakeAccount[]
  /** API keys: each belongs to one account. */
  readonly keys?: Readonly<Record<string, { readonly secret: string; readonly account: string }>>
  /** Answers instead of the API. Called for each request that has good credentials. */
  readonly disturb?: (request: {
    product: string
    path: string
    page: string | null
    account: string
    number: number
  }) => { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string } | undefined
}

// Small, so that most lists have several pages.
const pageSize = 2

// The beta of the Webhook Rules is in no OpenAPI file yet.
const beta: Readonly<Record<string, Operation>> = {
  'webhooks /v1/Webhooks/Rules': { list: 'rules', paging: 'token', fields: {} },
  'webhooks /v1/Webhooks/Settings': { list: 'settings', paging: 'token', fields: {} },
}

/** Starts a server that answers as Twilio's REST API, for `--api-url`. */
export async function startFakeTwilio({ accounts, keys = {}, disturb }: FakeOptions) {
  const requests: { method: string; product: string; path: string; account: string; at: number }[] = []
  for (const { data } of accounts) for (const key of Object.keys(data)) findOperation(key)

  function answer(req: IncomingMessage, res: ServerResponse): unknown {
    const url = new URL(req.url ?? '', 'http://fake')
    const [, product = '', path = ''] = /^\/([a-z-]+)(\/.*)$/.exec(url.pathname) ?? []
    const account = authenticate(req.headers.authorization)
    requests.push({ method: req.method ?? '', product, path, account: account?.sid ?? '', at: performance.now() })
    if (account === undefined) return fail(res, 401, 20003)
    const disturbed = disturb?.({
      product,
      path,
      page: url.searchParams.get('Page'),
      account: account.sid,
      number: requests.length,
    })
    if (disturbed !== undefined) {
      res.writeHead(disturbed.status, { 'content-type': 'application/json', ...disturbed.headers })
      return res.end(disturbed.body ?? JSON.stringify({ code: 20000 + disturbed.status, status: disturbed.status }))
    }
    if (req.method !== 'GET') return fail(res, 405, 20004)
    const key = `${product} ${path}`
    const owner = findOwner(account, path)
    const operation = owner && tryOperation(key)
    if (owner === undefined || operation === undefined) return fail(res, 404, 20404)
    if (operation.required?.some((name) => !url.searchParams.has(name))) return fail(res, 400, 20001)
    const channel = url.searchParams.get('Channel')
    const data =
      key === 'api /2010-04-01/Accounts.json'
        ? listAccounts(account)
        : owner.data[channel === null ? key : `${key}?Channel=${channel}`]
    if (operation.list === undefined) return data === undefined ? fail(res, 404, 20404) : send(res, data)
    return send(res, createPage(operation, product, url, path, (data ?? []) as readonly Item[]))
  }

  function authenticate(header = ''): FakeAccount | undefined {
    const [, name = '', password] =
      /^([^:]*):(.*)$/.exec(Buffer.from(header.replace(/^Basic /, ''), 'base64').toString()) ?? []
    const key = keys[name]
    if (key !== undefined) return key.secret === password ? accounts.find(({ sid }) => sid === key.account) : undefined
    return accounts.find(({ sid, authToken }) => sid === name && authToken === password)
  }

  /** The account that a path names, if it is the caller's own or its subaccount. */
  function findOwner(caller: FakeAccount, path: string): FakeAccount | undefined {
    const named = /\/Accounts\/(AC[0-9a-f]{32})/.exec(path)?.[1]
    if (named === undefined) return caller
    return accounts.find(({ sid, owner }) => sid === named && (sid === caller.sid || owner === caller.sid))
  }

  function listAccounts(caller: FakeAccount): readonly Item[] {
    const own = accounts.filter(({ sid, owner }) => sid === caller.sid || owner === caller.sid)
    return own.map(({ sid, authToken, owner = sid, status = 'active' }) =>
      createItem('api /2010-04-01/Accounts.json', { sid, auth_token: authToken, owner_account_sid: owner, status }),
    )
  }

  const running = await listen(answer)
  return { apiUrl: `${running.origin}/{product}`, requests, close: running.close }
}

/** Finds the operation of a filled path. */
function tryOperation(key: string): Operation | undefined {
  const plain = key.replace(/\?.*$/, '')
  const known = { ...operations, ...beta }
  const exact = known[plain]
  if (exact !== undefined) return exact
  const name = Object.keys(known).find((each) =>
    new RegExp(`^${each.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(plain),
  )
  return name === undefined ? undefined : known[name]
}

function findOperation(key: string): Operation {
  const operation = tryOperation(key)
  if (operation === undefined) throw new Error(`Twilio's OpenAPI files have no ${key}`)
  return operation
}

export function hasField(key: string, field: string): boolean {
  return field in findOperation(key).fields
}

/**
 * Creates an item with every declared field, `null` unless given.
 * @throws Error for a field that the OpenAPI files do not have
 */
export function createItem(key: string, values: Item): Item {
  const { fields } = findOperation(key)
  const item: Record<string, unknown> = {}
  for (const path of Object.keys(fields)) item[path.split(/[.[]/)[0] ?? ''] ??= null
  for (const [name, value] of Object.entries(values)) {
    if (!(name in item) && !key.startsWith('webhooks ')) throw new Error(`${key} has no field ${name}`)
    item[name] = value
  }
  return item
}

/** Makes alerts of failed webhooks, each alone and in their list, which has no variables. */
export function createAlerts(alerts: readonly Item[]): FakeAccount['data'] {
  const all = alerts.map((alert) => ({ error_code: '11200', log_level: 'error', request_method: 'POST', ...alert }))
  const create = (key: string, { date_created = '2026-11-21T08:00:00Z', ...facts }: Item): Item => ({
    ...createItem(key, facts),
    date_created,
  })
  const listed = all.map(({ request_variables: _, request_headers: _headers, ...facts }: Item) => facts)
  return {
    'monitor /v1/Alerts': listed.map((facts) => create('monitor /v1/Alerts', facts)),
    ...Object.fromEntries(
      all.map((facts: Item) => [`monitor /v1/Alerts/${facts.sid}`, create('monitor /v1/Alerts/{Sid}', facts)]),
    ),
  }
}

function createPage(
  { list = '', paging }: Operation,
  product: string,
  url: URL,
  path: string,
  items: readonly Item[],
): object {
  const tokenName = paging === 'token' ? 'pageToken' : 'Page'
  const page = Number(url.searchParams.get(tokenName) ?? 0)
  const shown = items.slice(page * pageSize, (page + 1) * pageSize)
  const hasNext = items.length > (page + 1) * pageSize
  url.searchParams.set(tokenName, String(page + 1))
  const next = hasNext ? path + url.search : null
  if (paging === 'uri') return { [list]: shown, page, page_size: pageSize, next_page_uri: next }
  if (paging === 'token')
    return { [list]: shown, meta: { key: list, pageSize, nextToken: hasNext ? String(page + 1) : null } }
  // The real host: a client that follows it would send the credentials elsewhere.
  return { [list]: shown, meta: { key: list, page, next_page_url: next && `https://${product}.twilio.com${next}` } }
}

function send(res: ServerResponse, body: unknown): void {
  res.writeHead(200, { 'content-type': 'application/json' })
  res.end(JSON.stringify(body))
}

function fail(res: ServerResponse, status: number, code: number): void {
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(JSON.stringify({ code, message: 'an error', more_info: 'https://www.twilio.com/docs', status }))
}
