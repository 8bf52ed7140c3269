import { ApiError, isObject, type JsonObject, type TwilioApi } from '../twilio-api/client.ts'
import type { Credentials } from '../twilio-api/credentials.ts'
import type { Gap, SigningRule, Webhook } from './inventory.ts'
import { type Resource, rulesName } from './resources.ts'

export interface Account {
  readonly sid: string
  /** Of the account itself. The parent's work only for the API that has the account in its path. */
  readonly credentials: Credentials | undefined
  /** The lists that were read, because several resources need them. */
  readonly parents: Map<string, Promise<Listed>>
}

/**
 * Counts the characters that an audit keeps.
 * @throws ApiError if it would keep more than 128 Mi of them
 */
export type Spend = (characters: number) => void

export function createSpend(): Spend {
  let left = 128 * 1024 * 1024
  return (characters) => {
    // An object has a size beside its texts.
    left -= characters + 200
    if (left < 0) throw new ApiError(200, 'the audit keeps no more than 128 MiB: read fewer resources or accounts')
  }
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
  spend: Spend,
): Promise<readonly ApiError[]> {
  const most = resource.large && isSample ? sampleSize : Number.POSITIVE_INFINITY
  const { all, errors } = await listWords(api, account, resource, most, spend)
  for (const words of all) {
    const seen = new Set<string>()
    const failure = await readItems(
      api,
      account,
      resource,
      fill(resource.path, words),
      (item) => {
        const id = readId(item, resource.id)
        // An item that is created in between moves another one to the next page, where it comes
        // again.
        if (resource.list !== undefined && id !== '') {
          if (seen.has(id)) return
          seen.add(id)
        }
        for (const webhook of listWebhooks(resource, item)) {
          spend(webhook.url.length + webhook.sid.length)
          webhooks.push({
            account: account.sid,
            resource: name,
            ...webhook,
            sid: webhook.sid || nameOf(resource, words),
          })
        }
      },
      most,
    )
    if (failure !== undefined) errors.push(failure)
    if (mustStop(errors)) break
  }
  return errors
}

/** Returns the id of an item. No id of Twilio's is longer than 256 characters. */
function readId(item: JsonObject, name = 'sid'): string {
  const id = item[name]
  return typeof id === 'string' && id.length <= 256 ? id : ''
}

function mustStop(errors: readonly ApiError[]): boolean {
  return errors.filter(({ status }) => status === 0 || status >= 429).length >= maxFailures
}

function listWebhooks(resource: Resource, item: JsonObject): readonly Omit<Webhook, 'account' | 'resource'>[] {
  if (resource.only !== undefined && item[resource.only[0]] !== resource.only[1]) return []
  const sid = readId(item, resource.id)
  return Object.entries(resource.urls).flatMap(([field, method]) =>
    findValues(item, field).map(({ holder, owner, value }) => {
      const at = Object.hasOwn(holder, method) ? holder[method] : method
      return {
        sid,
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

interface FoundValue {
  /** The object that holds the value, and the method beside it. */
  readonly holder: JsonObject
  /** The object that holds `holder`. */
  readonly owner: JsonObject
  readonly value: string
}

/** Finds the texts at a path such as `rules[].actions[].url`. Empty texts do not count. */
function findValues(item: JsonObject, path: string, owner: JsonObject = item): readonly FoundValue[] {
  const [name = '', ...rest] = path.split('.')
  const value = item[name.replace('[]', '')]
  if (rest.length === 0) return typeof value === 'string' && value !== '' ? [{ holder: item, owner, value }] : []
  const inner = name.endsWith('[]') ? (Array.isArray(value) ? value : []) : [value]
  return inner.filter(isObject).flatMap((each) => findValues(each, rest.join('.'), item))
}

/** The values of the words in a path, such as `ConversationSid`. */
type Words = Readonly<Record<string, string>>

function fill(path: string, words: Words): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(words[name] ?? ''))
}

/** Names an item that has no id: by its parent, or by the value in its path. */
function nameOf({ parent, values = {} }: Resource, words: Words): string {
  return words[parent?.fills ?? Object.keys(values)[0] ?? ''] ?? ''
}

interface Listed {
  readonly all: readonly Words[]
  readonly errors: ApiError[]
}

async function listWords(
  api: TwilioApi,
  account: Account,
  { product, parent, values = {} }: Pick<Resource, 'product' | 'values'> & { readonly parent?: Resource['parent'] },
  most: number,
  spend: Spend,
): Promise<Listed> {
  let all: Words[] = [{ AccountSid: account.sid }]
  for (const [word, ofWord] of Object.entries(values))
    all = all.flatMap((words) => ofWord.map((value) => ({ ...words, [word]: value })))
  if (parent === undefined) return { all, errors: [] }
  const key = `${product} ${parent.path}`
  const list = account.parents.get(key) ?? listParents(api, account, product, parent, most, spend)
  account.parents.set(key, list)
  const parents = await list
  return {
    all: parents.all.flatMap((ofParent) => all.map((words) => ({ ...words, ...ofParent }))),
    errors: [...parents.errors],
  }
}

/** Reads a list whose items fill the path of a resource, at most `most` of them. */
async function listParents(
  api: TwilioApi,
  account: Account,
  product: string,
  parent: NonNullable<Resource['parent']>,
  most: number,
  spend: Spend,
): Promise<Listed> {
  const ofParent = { product, parent: parent.parent }
  const { all, errors } = await listWords(api, account, ofParent, Number.POSITIVE_INFINITY, spend)
  const found = new Map<string, Words>()
  for (const words of all) {
    const addId = (item: JsonObject): void => {
      const id = readId(item, parent.id)
      // A lone surrogate or a dot segment is in no id, and would make another path.
      if (!/^[\w:.-]+$/.test(id) || /^\.+$/.test(id) || found.has(id)) return
      spend(id.length)
      found.set(id, { ...words, [parent.fills]: id })
    }
    const path = fill(parent.path, words)
    const failure = await readItems(api, account, { product, ...parent }, path, addId, most - found.size)
    if (failure !== undefined) errors.push(failure)
    if (failure?.status === partialContent || mustStop(errors)) break
  }
  return { all: [...found.values()], errors }
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
          if (count++ >= most)
            return new ApiError(partialContent, `only the first ${sampleSize} were read: name it with --resource`)
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
 * Reads which Rules sign with SharedKeys, or not at all. The API is a beta, and the names of its
 * properties may change, so ids are found by their form.
 * https://www.twilio.com/docs/usage/webhooks/webhook-rules
 */
export async function readRules(
  api: TwilioApi,
  account: Account,
  found: SigningRule[],
  spend: Spend,
): Promise<readonly ApiError[]> {
  const rules: { readonly sid: string; readonly settings: readonly string[] }[] = []
  const keysOfSetting = new Map<string, readonly string[]>()
  const off = new Set<string>()
  const read = (name: string, onItem: (item: JsonObject) => void): Promise<ApiError | undefined> =>
    readItems(api, account, { product: 'webhooks', list: anyList }, `/v1/Webhooks/${name}`, onItem)
  const keepIds = (ids: readonly string[]): readonly string[] => {
    spend(ids.join('').length)
    return ids
  }
  const errors = [
    await read('Rules', (rule) =>
      rules.push({ sid: readId(rule, 'id'), settings: keepIds(findIds(rule.settings, 'setting')) }),
    ),
  ]
  if (rules.length > 0)
    errors.push(
      await read('Settings', (setting) => {
        const id = readId(setting, 'id')
        keysOfSetting.set(id, keepIds(findIds(setting.signature, 'sharedkey')))
        if (isObject(setting.signature) && /^none$/i.test(String(setting.signature.type))) off.add(id)
      }),
    )
  for (const { sid, settings } of rules) {
    const keyIds = [...new Set(settings.flatMap((id) => keysOfSetting.get(id) ?? []))]
    const offIds = settings.filter((id) => off.has(id))
    if (keyIds.length + offIds.length === 0) continue
    found.push({ account: account.sid, resource: rulesName, sid, field: 'settings', keyIds, offIds })
  }
  return errors.flatMap((error) => error ?? [])
}

function findIds(value: unknown, kind: string): readonly string[] {
  return [...new Set(JSON.stringify(value ?? null).match(new RegExp(`webhooks_${kind}_[0-9A-Za-z]+`, 'g')) ?? [])]
}
