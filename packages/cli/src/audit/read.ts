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
  /** Twilio refused, or gave no usable answer. */
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
  readonly ids: Map<string, Promise<readonly string[]>>
}

interface Started {
  /** Called once, when the amount of work is known. */
  onStart(steps: number): void
  onStep(): void
}

// Requests that may be under way at once. The rate is limited apart from that.
const parallel = 8
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
  const { accounts, inactive, gaps } = await listAccounts(api, credentials, scope)
  const names = scope.resources.length > 0 ? scope.resources : resourceNames.filter((name) => !resources[name]?.large)
  const webhooks: Webhook[] = []
  const rules: SigningRule[] = []

  async function read(account: Account, name: string): Promise<void> {
    try {
      const resource = resources[name]
      if (resource === undefined) rules.push(...(await readRules(api, account)))
      else webhooks.push(...(await readResource(api, account, name, resource)))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // Without the product, an account has no such configuration.
      if (error.status === 404) return
      const kind = error.status === 403 || error.status === 400 ? 'refused' : 'failed'
      gaps.push({ account: account.sid, resource: name, reason: error.message, kind })
    }
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
): Promise<{ accounts: Account[]; inactive: number; gaps: Gap[] }> {
  const main: Account = { sid: credentials.accountSid, credentials, ids: new Map() }
  const gaps: Gap[] = []
  let found: readonly Fields[] = []
  try {
    found = await api.list('api', '/2010-04-01/Accounts.json?PageSize=1000', 'accounts')
  } catch (error) {
    // A key of one account may read that account without reading the list.
    if (!(error instanceof ApiError) || error.status !== 403) throw toCommandError(error, 'The list of accounts')
    gaps.push({
      account: main.sid,
      resource: 'accounts',
      reason: `${error.message}: no subaccount is read`,
      kind: 'refused',
    })
  }
  const subaccounts = found.filter(
    ({ sid, owner_account_sid: owner }) =>
      typeof sid === 'string' && isAccountSid(sid) && sid !== main.sid && owner === main.sid,
  )
  const active = subaccounts.filter(({ status }) => status === 'active')
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
  return { accounts, inactive: subaccounts.length - active.length, gaps }
}

async function readResource(
  api: TwilioApi,
  account: Account,
  name: string,
  resource: Resource,
): Promise<readonly Webhook[]> {
  const webhooks: Webhook[] = []
  for (const { path, parentId } of await listPaths(api, account, resource))
    for (const item of await readItems(api, account, resource, path)) {
      if (resource.only !== undefined && item[resource.only[0]] !== resource.only[1]) continue
      const id = item[resource.id ?? 'sid']
      const sid = typeof id === 'string' && id !== '' ? id : (parentId ?? '')
      for (const [field, method] of Object.entries(resource.urls))
        for (const { holder, value } of findValues(item, field)) {
          const at = Object.hasOwn(holder, method) ? holder[method] : method
          webhooks.push({
            account: account.sid,
            resource: name,
            sid,
            field,
            url: value,
            method: typeof at === 'string' && /^(get|post|put)$/i.test(at) ? at.toUpperCase() : 'POST',
            ignoredFor: resource.ignoredIf?.[field]?.find((property) => Boolean(item[property])),
          })
        }
    }
  return webhooks
}

interface Found {
  /** The object that holds the value, and the method beside it. */
  readonly holder: Fields
  readonly value: string
}

/** Finds the texts at a path such as `rules[].actions[].url`. Empty texts do not count. */
function findValues(item: Fields, path: string): readonly Found[] {
  const [name = '', ...rest] = path.split('.')
  const value = item[name.replace('[]', '')]
  if (rest.length === 0) return typeof value === 'string' && value !== '' ? [{ holder: item, value }] : []
  const inner = name.endsWith('[]') ? (Array.isArray(value) ? value : []) : [value]
  return inner.filter(isObject).flatMap((each) => findValues(each, rest.join('.')))
}

interface FilledPath {
  readonly path: string
  readonly parentId: string | undefined
}

async function listPaths(api: TwilioApi, account: Account, resource: Resource): Promise<readonly FilledPath[]> {
  let paths: FilledPath[] = [{ path: resource.path.replace('{AccountSid}', account.sid), parentId: undefined }]
  for (const [word, values] of Object.entries(resource.values ?? {}))
    paths = paths.flatMap(({ path }) =>
      values.map((value) => ({ path: path.replace(`{${word}}`, value), parentId: value })),
    )
  const { parent, product } = resource
  if (parent === undefined) return paths
  const key = `${product} ${parent.path}`
  const ids = account.ids.get(key) ?? listIds(api, account, resource, parent)
  account.ids.set(key, ids)
  return (await ids).flatMap((id) =>
    paths.map(({ path }) => ({ path: path.replace(`{${parent.fills}}`, encodeURIComponent(id)), parentId: id })),
  )
}

async function listIds(
  api: TwilioApi,
  account: Account,
  { product }: Resource,
  parent: NonNullable<Resource['parent']>,
): Promise<readonly string[]> {
  const items = await readItems(api, account, { product, ...parent }, parent.path)
  return items.flatMap((item) => {
    const id = item[parent.id ?? 'sid']
    return typeof id === 'string' && id !== '' ? [id] : []
  })
}

async function readItems(
  api: TwilioApi,
  account: Account,
  { product, list }: Pick<Resource, 'product' | 'list'>,
  path: string,
): Promise<readonly Fields[]> {
  const as = product === 'api' ? undefined : account.credentials
  if (product !== 'api' && as === undefined)
    throw new ApiError(403, 'the list of accounts has no Auth Token of this subaccount, which this API needs')
  try {
    if (list === undefined) return [await api.get(product, path, as)]
    return await api.list(product, addPageSize(product, path), list, as)
  } catch (error) {
    // One of several configurations may be missing, and the others are still read.
    if (error instanceof ApiError && error.status === 404) return []
    throw error
  }
}

// The largest pages that every list of these APIs takes.
function addPageSize(product: string, path: string): string {
  const size = product === 'api' ? 'PageSize=1000' : /^\/v\d+\/ControlPlane/.test(path) ? 'pageSize=50' : 'PageSize=100'
  return `${path}${path.includes('?') ? '&' : '?'}${size}`
}

/**
 * Reads which Rules sign with SharedKeys. The API is a beta, and the names of its properties may
 * change, so ids are found by their form. https://www.twilio.com/docs/usage/webhooks/webhook-rules
 */
async function readRules(api: TwilioApi, account: Account): Promise<readonly SigningRule[]> {
  if (account.credentials === undefined) return []
  const read = (name: string): Promise<readonly Fields[]> =>
    api.list('webhooks', `/v1/Webhooks/${name}`, undefined, account.credentials)
  const rules = await read('Rules')
  if (rules.length === 0) return []
  const keysOfSetting = new Map(
    (await read('Settings')).map((setting) => [String(setting.id), findIds(setting.signature, 'sharedkey')]),
  )
  return rules.flatMap((rule) => {
    const keyIds = findIds(rule.settings, 'setting').flatMap((id) => keysOfSetting.get(id) ?? [])
    if (keyIds.length === 0) return []
    const place = { account: account.sid, resource: rulesName, sid: String(rule.id ?? ''), field: 'settings' }
    return [{ ...place, keyIds: [...new Set(keyIds)] }]
  })
}

function findIds(value: unknown, kind: string): readonly string[] {
  return JSON.stringify(value ?? null).match(new RegExp(`webhooks_${kind}_[0-9A-Za-z]+`, 'g')) ?? []
}
