import { ApiError, type JsonObject, type TwilioApi, toCommandError } from '../twilio-api/client.ts'
import { type Credentials, isAccountSid, isApiKey } from '../twilio-api/credentials.ts'
import {
  compare,
  type Gap,
  type Inventory,
  type Place,
  type Scope,
  type SigningRule,
  toKey,
  type Webhook,
} from './inventory.ts'
import { type Account, createSpend, readResource, readRules, toKind } from './read-resource.ts'
import { resourceNames, resources } from './resources.ts'

interface Progress {
  /** Called once, when the amount of work is known. */
  onStart(steps: number): void
  onStep(): void
}

// Requests that may be under way at once. The rate is limited apart from that.
const parallel = 8

/**
 * Reads every webhook URL of the account and its active subaccounts. What cannot be read becomes a
 * gap, and the rest goes on.
 * @throws UsageError or UnreachableError if the account itself cannot be read
 */
export async function readInventory(
  api: TwilioApi,
  credentials: Credentials,
  scope: Scope,
  progress: Progress,
): Promise<Inventory> {
  const { accounts, inactive, gaps, refusal } = await listAccounts(api, credentials, scope)
  const unauthorized = new Set<Gap>()
  // Reads a part that the key could read before.
  let readAgain: (() => Promise<readonly ApiError[]>) | undefined
  const names = scope.resources.length > 0 ? scope.resources : resourceNames
  const webhooks: Webhook[] = []
  const rules: SigningRule[] = []
  const spend = createSpend()

  async function read(account: Account, name: string): Promise<void> {
    const resource = resources[name]
    const readInto = async (found: Webhook[]): Promise<readonly ApiError[]> =>
      resource === undefined
        ? await readRules(api, account, rules, spend)
        : await readResource(api, account, name, resource, scope.resources.length === 0, found, spend)
    const errors = await readInto(webhooks)
    const own = resource?.product === 'api' ? credentials : account.credentials
    const isKey = own !== undefined && isApiKey(own)
    const kinds = errors.map((error) => toKind(error, isKey))
    const kind = (['failed', 'refused', 'left'] as const).find((one) => kinds.includes(one))
    if (kind === undefined) {
      if (isKey && resource !== undefined) readAgain ??= () => readInto([])
      return
    }
    const { status, message } = errors[kinds.indexOf(kind)] as ApiError
    const gap = { account: account.sid, resource: name, reason: message, kind }
    gaps.push(gap)
    if (status === 401) unauthorized.add(gap)
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
  if (refusal?.status === 401 && unauthorized.size === accounts.length * names.length)
    throw toCommandError(refusal, 'The list of accounts')
  // A key gets 401 without a permission, and also if it was deleted in the meantime.
  const isDeleted = unauthorized.size > 0 && (await readAgain?.())?.some(({ status }) => status === 401) === true
  const order = (one: Place | Gap, other: Place | Gap): number => compare(toKey(one), toKey(other))
  return {
    account: credentials.accountSid,
    accounts: accounts.map(({ sid }) => sid),
    inactive,
    webhooks: dropRepeated(webhooks, names).sort(order),
    rules: rules.sort(order),
    gaps: gaps
      .map((gap) => (isDeleted && unauthorized.has(gap) ? { ...gap, kind: 'failed' as const } : gap))
      .sort(order),
  }
}

/**
 * Drops webhooks that another resource lists too, such as those of a flow whose newest revision is
 * the published one. They stay in the first of these resources, in any order of reading.
 */
function dropRepeated(webhooks: readonly Webhook[], names: readonly string[]): Webhook[] {
  const toText = (webhook: Webhook): string => JSON.stringify({ ...webhook, resource: undefined })
  const firsts = new Map<string, number>()
  for (const webhook of webhooks) {
    const text = toText(webhook)
    firsts.set(text, Math.min(firsts.get(text) ?? Number.POSITIVE_INFINITY, names.indexOf(webhook.resource)))
  }
  return webhooks.filter((webhook) => firsts.get(toText(webhook)) === names.indexOf(webhook.resource))
}

async function listAccounts(
  api: TwilioApi,
  credentials: Credentials,
  { accounts: wanted }: Scope,
): Promise<{ accounts: Account[]; inactive: number; gaps: Gap[]; refusal: ApiError | undefined }> {
  const { accountSid: mainSid } = credentials
  const gaps: Gap[] = []
  // An account that is created in between moves another one to the next page, where it comes again.
  const found = new Map<string, ListedAccount>()
  let refusal: ApiError | undefined
  try {
    for await (const page of api.pages('api', '/2010-04-01/Accounts.json?PageSize=1000', 'accounts'))
      for (const account of page.flatMap(readListed)) {
        if (found.size >= mostAccounts && !found.has(account.sid))
          throw new ApiError(200, `the list was cut after ${mostAccounts.toLocaleString('en-US')} accounts`)
        found.set(account.sid, account)
      }
  } catch (error) {
    if (error instanceof ApiError && error.status === 200 && found.size > 0)
      gaps.push({ account: mainSid, resource: 'accounts', reason: error.message, kind: 'failed' })
    else refusal = readRefusal(error, credentials)
  }
  if (refusal !== undefined)
    gaps.push({
      account: mainSid,
      resource: 'accounts',
      reason: `${refusal.message}: no subaccount is read`,
      kind: 'refused',
    })
  const listed = [...found.values()]
  const subaccounts = listed.filter(({ sid, owner }) => sid !== mainSid && (owner || mainSid) === mainSid)
  const active = subaccounts.filter(({ status }) => status !== 'suspended' && status !== 'closed')
  // A key of the parent may read a subaccount that TWILIO_ACCOUNT_SID names.
  const own = listed.find(({ sid }) => sid === mainSid)
  const isParents = listed.some(({ sid }) => sid !== mainSid && sid === own?.owner)
  const main = isParents && own !== undefined ? toAccount(own) : { sid: mainSid, credentials, parents: new Map() }
  const all = [main, ...active.map(toAccount)]
  const accounts = wanted.length === 0 ? all : all.filter(({ sid }) => wanted.includes(sid))
  for (const sid of wanted)
    if (!accounts.some((account) => account.sid === sid))
      gaps.push({ account: sid, resource: 'accounts', reason: 'no active account with this SID', kind: 'failed' })
  return { accounts, inactive: subaccounts.length - active.length, gaps, refusal }
}

/**
 * Returns why the list of accounts is refused. A key of one account may read that account without
 * reading the list. To a key that is not a Main key, Twilio answers 401:
 * https://www.twilio.com/docs/api/errors/20003
 * @throws UsageError or UnreachableError for any other error
 */
function readRefusal(error: unknown, credentials: Credentials): ApiError {
  const isRefusal =
    error instanceof ApiError && (error.status === 403 || (isApiKey(credentials) && error.status === 401))
  if (isRefusal) return error
  throw toCommandError(error, 'The list of accounts')
}

/** An account in the list of accounts. Each text has at most 256 characters. */
interface ListedAccount {
  readonly sid: string
  /** Empty if the list has no owner or no token. */
  readonly owner: string
  readonly token: string
  readonly status: string
}

// An account may have 1,000 subaccounts unless Twilio raises the limit.
const mostAccounts = 10_000

/** Reads only what the audit needs: the list may be long. */
function readListed(item: JsonObject): readonly ListedAccount[] {
  const [sid = '', owner = '', token = '', status = ''] = [
    item.sid,
    item.owner_account_sid,
    item.auth_token,
    item.status,
  ].map((value) => (typeof value === 'string' && value.length <= 256 ? value : ''))
  return isAccountSid(sid) ? [{ sid, owner, token, status }] : []
}

/** A subaccount, with the Auth Token that the list has for it. */
function toAccount({ sid, token }: ListedAccount): Account {
  const credentials = token === '' ? undefined : { accountSid: sid, username: sid, password: token }
  return { sid, credentials, parents: new Map() }
}
