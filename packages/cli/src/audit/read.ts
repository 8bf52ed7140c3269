import { ApiError, type Fields, isObject, type TwilioApi, toCommandError } from '../twilio-api/client.ts'
import { type Credentials, isAccountSid } from '../twilio-api/credentials.ts'
import { type Resource, resources } from './resources.ts'

/** Where a URL is configured. */
export interface Place {
  readonly account: string
  /** The name of a row in `resources`. */
  readonly resource: string
  readonly sid: string
  readonly field: string
}

/** One configured URL. It may hold passwords: mask it before it is shown. */
export interface Webhook extends Place {
  readonly url: string
  readonly method: string
  /** The property for which Twilio ignores the URL. */
  readonly ignoredFor: string | undefined
  /** May be a server of another party, so its host and method are no faults. */
  readonly callsOthers: boolean
}

/** A URL pattern under which Twilio signs with SharedKeys instead of the Auth Token. */
interface SigningRule extends Place {
  readonly keyIds: readonly string[]
}

/** A part of an account that could not be read. */
export interface Gap {
  readonly account: string
  readonly resource: string
  readonly reason: string
  /** Twilio refused or the rest of a large list was left, or there was no usable answer. */
  readonly kind: 'refused' | 'failed'
}

export interface Inventory {
  readonly account: string
  readonly accounts: readonly string[]
  /** Suspended and closed accounts, which get no webhooks. */
  readonly inactive: number
  readonly webhooks: readonly Webhook[]
  readonly rules: readonly SigningRule[]
  readonly gaps: readonly Gap[]
}

/** What to read. Empty lists mean everything. */
export interface Scope {
  readonly accounts: readonly string[]
  readonly resources: readonly string[]
}

interface Account {
  readonly sid: string
  /** Of the account itself. The parent's work only for the API that has the account in its path. */
  readonly credentials: Credentials | undefined
  readonly ids: Map<string, Promise<Ids>>
}

interface Started {
  /** Called once, when the amount of work is known. */
  onStart(steps: number): void
  onStep(): void
}

// Requests that may be under way at once. The rate is limited apart from that.
const parallel = 8
// A resource with so many failing parts is given up, because each failure takes several attempts.
const maxFailures = 3
// Of a large list that --resource does not name. An account may have millions of conversations.
const sampleSize = 20
const rulesName = 'webhook-rules'

/** The names that `--resource` takes. */
export const resourceNames: readonly string[] = [...Object.keys(resources), rulesName]

/**
 * Reads every webhook URL of the account and its active subaccounts. What cannot be read becomes a
 * gap, and the rest goes on.
 * @throws UsageError or UnreachableError if the account itself cannot be read
 */
export async function readInventory(
  api: TwilioApi,
  credentials: Credentials,
  scope: Scope,
  progress: Started,
): Promise<Inventory> {
  const { accounts, inactive, gaps, refusal } = await listAccounts(api, credentials, scope)
  const isKey = credentials.username !== credentials.accountSid
  let unauthorized = 0
  const names = scope.resources.length > 0 ? scope.resources : resourceNames
  const webhooks: Webhook[] = []
  const rules: SigningRule[] = []

  async function read(account: Account, name: string): Promise<void> {
    const resource = resources[name]
    const errors =
      resource === undefined
        ? await readRules(api, account, rules)
        : await readResource(api, account, name, resource, scope.resources.length === 0, webhooks)
    const isRefusal = ({ status }: ApiError): boolean => status === 403 || status === 400 || (isKey && status === 401)
    const worst = errors.find((error) => !isRefusal(error)) ?? errors[0]
    if (worst === undefined) return
    if (worst.status === 401) unauthorized++
    const kind = isRefusal(worst) ? 'refused' : 'failed'
    gaps.push({ account: account.sid, resource: name, reason: worst.message, kind })
  }

  progress.onStart(accounts.length * names.length)
  const tasks = (function* () {
    for (const account of accounts) for (const name of names) yield [account, name] as const
  })()
  const work = async (): Promise<void> => {
    for (const [account, name] of tasks) {
      await read(account, name)
      progress.onStep()
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  if (refusal?.status === 401 && unauthorized === accounts.length * names.length)
    throw toCommandError(refusal, 'The list of accounts')
  const order = (one: Place | Gap, other: Place | Gap): number => compare(toKey(one), toKey(other))
  return {
    account: credentials.accountSid,
    accounts: accounts.map(({ sid }) => sid),
    inactive,
    webhooks: webhooks.sort(order),
    rules: rules.sort(order),
    gaps: gaps.sort(order),
  }
}

/** Identifies a place, and the same place in another run. */
export function toKey(place: Partial<Place>): string {
  return [place.account, place.resource, place.sid, place.field].filter((part) => part !== undefined).join('/')
}

export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

async function listAccounts(
  api: TwilioApi,
  credentials: Credentials,
  { accounts: wanted }: Scope,
): Promise<{ accounts: Account[]; inactive: number; gaps: Gap[]; refusal: ApiError | undefined }> {
  const main: Account = { sid: credentials.accountSid, credentials, ids: new Map() }
  const gaps: Gap[] = []
  let found: readonly Fields[] = []
  let refusal: ApiError | undefined
  try {
    found = await api.list('api', '/2010-04-01/Accounts.json?PageSize=1000', 'accounts')
  } catch (error) {
    // A key of one account may read that account without reading the list. To a key that is no Main
    // key, Twilio answers 401: https://www.twilio.com/docs/api/errors/20003
    const isKey = credentials.username !== credentials.accountSid
    if (!(error instanceof ApiError && (error.status === 403 || (isKey && error.status === 401))))
      throw toCommandError(error, 'The list of accounts')
    refusal = error
    gaps.push({
      account: main.sid,
      resource: 'accounts',
      reason: `${error.message}: no subaccount is read`,
      kind: 'refused',
    })
  }
  const listed = found.filter(
    ({ sid, owner_account_sid: owner }) =>
      typeof sid === 'string' && isAccountSid(sid) && sid !== main.sid && (owner ?? main.sid) === main.sid,
  )
  // An account that is created in between moves another one to the next page, where it comes again.
  const subaccounts = [...new Map(listed.map((item) => [item.sid, item])).values()]
  const active = subaccounts.filter(({ status }) => status !== 'suspended' && status !== 'closed')
  const all = [
    main,
    ...active.map(({ sid, auth_token: token }) => {
      const accountSid = String(sid)
      const own =
        typeof token === 'string' && token !== '' ? { accountSid, username: accountSid, password: token } : undefined
      return { sid: accountSid, credentials: own, ids: new Map() }
    }),
  ]
  const accounts = wanted.length === 0 ? all : all.filter(({ sid }) => wanted.includes(sid))
  for (const sid of wanted)
    if (!accounts.some((account) => account.sid === sid))
      gaps.push({ account: sid, resource: 'accounts', reason: 'no active account with this SID', kind: 'failed' })
  return { accounts, inactive: subaccounts.length - active.length, gaps, refusal }
}

/** Adds the webhooks of one kind of resource, and returns why parts of it could not be read. */
async function readResource(
  api: TwilioApi,
  account: Account,
  name: string,
  resource: Resource,
  isSample: boolean,
  webhooks: Webhook[],
): Promise<readonly ApiError[]> {
  const most = resource.large && isSample ? sampleSize : Number.POSITIVE_INFINITY
  const { paths, error } = await listPaths(api, account, resource, most)
  const errors = error === undefined ? [] : [error]
  for (const { path, parentId } of paths) {
    const failure = await readItems(
      api,
      account,
      resource,
      path,
      (item) => {
        for (const webhook of listWebhooks(resource, item))
          webhooks.push({ account: account.sid, resource: name, ...webhook, sid: webhook.sid || (parentId ?? '') })
      },
      most,
    )
    if (failure !== undefined) errors.push(failure)
    if (errors.filter(({ status }) => status === 0 || status >= 429).length >= maxFailures) break
  }
  return errors
}

function listWebhooks(resource: Resource, item: Fields): readonly Omit<Webhook, 'account' | 'resource'>[] {
  if (resource.only !== undefined && item[resource.only[0]] !== resource.only[1]) return []
  const id = item[resource.id ?? 'sid']
  return Object.entries(resource.urls).flatMap(([field, method]) =>
    findValues(item, field).map(({ holder, owner, value }) => {
      const at = Object.hasOwn(holder, method) ? holder[method] : method
      return {
        sid: typeof id === 'string' ? id : '',
        field,
        url: value,
        method: typeof at === 'string' && /^(get|post|put)$/i.test(at) ? at.toUpperCase() : 'POST',
        ignoredFor: resource.ignoredIf?.[field]?.find((property) => Boolean(item[property])),
        callsOthers:
          resource.callsOthers !== undefined && (owner.type ?? resource.callsOthers) === resource.callsOthers,
      }
    }),
  )
}

interface Found {
  /** The object that holds the value, and the method beside it. */
  readonly holder: Fields
  /** The object that holds `holder`. */
  readonly owner: Fields
  readonly value: string
}

/** Finds the texts at a path such as `rules[].actions[].url`. Empty texts do not count. */
function findValues(item: Fields, path: string, owner: Fields = item): readonly Found[] {
  const [name = '', ...rest] = path.split('.')
  const value = item[name.replace('[]', '')]
  if (rest.length === 0) return typeof value === 'string' && value !== '' ? [{ holder: item, owner, value }] : []
  const inner = name.endsWith('[]') ? (Array.isArray(value) ? value : []) : [value]
  return inner.filter(isObject).flatMap((each) => findValues(each, rest.join('.'), item))
}

interface FilledPath {
  readonly path: string
  readonly parentId: string | undefined
}

async function listPaths(
  api: TwilioApi,
  account: Account,
  resource: Resource,
  most: number,
): Promise<{ paths: readonly FilledPath[]; error: ApiError | undefined }> {
  let paths: FilledPath[] = [{ path: resource.path.replace('{AccountSid}', account.sid), parentId: undefined }]
  for (const [word, values] of Object.entries(resource.values ?? {}))
    paths = paths.flatMap(({ path }) =>
      values.map((value) => ({ path: path.replace(`{${word}}`, value), parentId: value })),
    )
  const { parent, product } = resource
  if (parent === undefined) return { paths, error: undefined }
  const key = `${product} ${parent.path}`
  const list = account.ids.get(key) ?? listIds(api, account, resource, parent, most)
  account.ids.set(key, list)
  const { ids, error } = await list
  const filled = ids.flatMap((id) =>
    paths.map(({ path }) => ({ path: path.replace(`{${parent.fills}}`, encodeURIComponent(id)), parentId: id })),
  )
  return { paths: filled, error }
}

interface Ids {
  readonly ids: readonly string[]
  /** Why the list is not complete. */
  readonly error: ApiError | undefined
}

async function listIds(
  api: TwilioApi,
  account: Account,
  { product }: Resource,
  parent: NonNullable<Resource['parent']>,
  most: number,
): Promise<Ids> {
  const ids = new Set<string>()
  const addId = (item: Fields): void => {
    const id = item[parent.id ?? 'sid']
    // A lone surrogate or a dot segment is in no id, and would make another path.
    if (typeof id === 'string' && /^[\w:.-]+$/.test(id) && !/^\.+$/.test(id)) ids.add(id)
  }
  const error = await readItems(api, account, { product, ...parent }, parent.path, addId, most)
  return { ids: [...ids], error }
}

// The one list of an answer, under any name.
const anyList = ''

/** Passes on at most `most` items, and returns what ended the list early, if anything. */
async function readItems(
  api: TwilioApi,
  account: Account,
  { product, list }: Pick<Resource, 'product' | 'list'>,
  path: string,
  onItem: (item: Fields) => void,
  most = Number.POSITIVE_INFINITY,
): Promise<ApiError | undefined> {
  const as = product === 'api' ? undefined : account.credentials
  if (product !== 'api' && as === undefined)
    return new ApiError(403, 'the list of accounts has no Auth Token of this subaccount, which this API needs')
  let hasBegun = false
  let count = 0
  try {
    if (list === undefined) onItem(await api.get(product, path, as))
    else
      for await (const page of api.pages(
        product,
        addPageSize(product, path),
        list === anyList ? undefined : list,
        as,
      )) {
        hasBegun = true
        for (const item of page) {
          if (count++ === most) return new ApiError(403, `only the first ${most} were read: name it with --resource`)
          onItem(item)
        }
      }
    return undefined
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // Without the product, or without this one of several configurations, there is nothing to read.
    return error.status === 404 && !hasBegun ? undefined : error
  }
}

// The largest pages that every list of these APIs takes. The beta of the Webhook Rules names none.
function addPageSize(product: string, path: string): string {
  if (product === 'webhooks') return path
  const size = product === 'api' ? 'PageSize=1000' : /^\/v\d+\/ControlPlane/.test(path) ? 'pageSize=50' : 'PageSize=100'
  return `${path}${path.includes('?') ? '&' : '?'}${size}`
}

/**
 * Reads which Rules sign with SharedKeys. The API is a beta, and the names of its properties may
 * change, so ids are found by their form. https://www.twilio.com/docs/usage/webhooks/webhook-rules
 */
async function readRules(api: TwilioApi, account: Account, found: SigningRule[]): Promise<readonly ApiError[]> {
  const rules: Fields[] = []
  const keysOfSetting = new Map<string, readonly string[]>()
  const read = (name: string, onItem: (item: Fields) => void): Promise<ApiError | undefined> =>
    readItems(api, account, { product: 'webhooks', list: anyList }, `/v1/Webhooks/${name}`, onItem)
  const errors = [await read('Rules', (rule) => rules.push(rule))]
  if (rules.length > 0)
    errors.push(
      await read('Settings', (setting) =>
        keysOfSetting.set(String(setting.id), findIds(setting.signature, 'sharedkey')),
      ),
    )
  for (const rule of rules) {
    const keyIds = findIds(rule.settings, 'setting').flatMap((id) => keysOfSetting.get(id) ?? [])
    if (keyIds.length === 0) continue
    const sid = typeof rule.id === 'string' ? rule.id : ''
    found.push({ account: account.sid, resource: rulesName, sid, field: 'settings', keyIds: [...new Set(keyIds)] })
  }
  return errors.flatMap((error) => error ?? [])
}

function findIds(value: unknown, kind: string): readonly string[] {
  return JSON.stringify(value ?? null).match(new RegExp(`webhooks_${kind}_[0-9A-Za-z]+`, 'g')) ?? []
}
