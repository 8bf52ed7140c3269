import { ApiError, isObject, type JsonObject, type TwilioApi } from '../twilio-api/client.ts'
import type { Credentials } from '../twilio-api/credentials.ts'
import type { Gap, SigningRule, Webhook } from './inventory.ts'
import { type Resource, rulesName } from './resources.ts'

/** An account to read. */
export interface Account {
  readonly sid: string
  /** Of the account itself. The parent's work only for the API that has the account in its path. */
  readonly credentials: Credentials | undefined
  readonly ids: Map<string, Promise<Ids>>
}

// A resource with so many failing parts is given up, because each failure takes several attempts.
const maxFailures = 3
// Of a large list that --resource does not name. An account may have millions of conversations.
const sampleSize = 20
// The status of a list that the audit leaves before its end.
const partialContent = 206

/**
 * Says what an error means for a part of an account.
 * @param isKey true if the credentials are an API key, which may lack a permission
 */
export function toKind({ status }: ApiError, isKey: boolean): Gap['kind'] {
  if (status === partialContent) return 'left'
  return status === 403 || status === 400 || (isKey && status === 401) ? 'refused' : 'failed'
}

/** Adds the webhooks of one kind of resource, and returns why parts of it could not be read. */
export async function readResource(
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

function listWebhooks(resource: Resource, item: JsonObject): readonly Omit<Webhook, 'account' | 'resource'>[] {
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
  readonly holder: JsonObject
  /** The object that holds `holder`. */
  readonly owner: JsonObject
  readonly value: string
}

/** Finds the texts at a path such as `rules[].actions[].url`. Empty texts do not count. */
function findValues(item: JsonObject, path: string, owner: JsonObject = item): readonly Found[] {
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
  const addId = (item: JsonObject): void => {
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
  onItem: (item: JsonObject) => void,
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
          if (count++ === most)
            return new ApiError(partialContent, `only the first ${most} were read: name it with --resource`)
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
export async function readRules(api: TwilioApi, account: Account, found: SigningRule[]): Promise<readonly ApiError[]> {
  const rules: JsonObject[] = []
  const keysOfSetting = new Map<string, readonly string[]>()
  const read = (name: string, onItem: (item: JsonObject) => void): Promise<ApiError | undefined> =>
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
