import {
  findDefaultPort,
  isConnectionOverride,
  parseWebhookUrl,
  toAsciiHost,
  type WebhookUrl,
} from '../twilio-api/webhook-url.ts'
import { compare, type Inventory, type Place, toPlace, type Webhook } from './inventory.ts'
import { resources } from './resources.ts'

/** `note` does not change the exit code. */
type Level = 'error' | 'warning' | 'note'

const levels: readonly Level[] = ['error', 'warning', 'note']

export interface Known {
  /** How Twilio reaches the servers. Empty: hosts and paths are not compared. */
  readonly publicUrls: readonly string[]
  /** Says whether a server has the key. `undefined`: keys are not compared. */
  readonly hasSharedKey: ((id: string) => boolean) | undefined
}

/** One fault of one URL, with every place that has it. */
export interface AuditFinding {
  readonly rule: RuleId
  readonly level: Level
  /** Not masked. For a Webhook Rule: the id of a key or a Setting. */
  readonly subject: string
  readonly places: readonly Place[]
}

interface Context {
  readonly prefixes: readonly WebhookUrl[]
  readonly accountsOf: ReadonlyMap<string, ReadonlySet<string>>
  /** Every URL without its last slash, if both spellings are configured. */
  readonly bothSlashes: ReadonlySet<string>
}

interface Rule {
  readonly level: Level
  /** Says what is wrong, after the URL. */
  readonly text: string
  readonly fix: string
  applies?(parts: WebhookUrl, webhook: Webhook, context: Context): boolean
}

const rows = {
  malformed: {
    level: 'error',
    text: 'is not an absolute http or https URL',
    fix: 'Write the whole URL, such as https://api.example.com/sms.',
  },
  cleartext: {
    level: 'error',
    text: 'is http: everyone on the way can read the webhook and replay it',
    fix: 'Change the URL to https at Twilio, and publicUrl with it: the scheme is signed.',
    applies: ({ scheme }) => /^(http|ws)$/i.test(scheme),
  },
  unknown_host: {
    level: 'error',
    text: 'has a host that no publicUrl has',
    fix: 'Change the host at Twilio, or add its publicUrl to the server. Without it every request is url_not_allowed.',
    applies: (parts, { callsOthers }, { prefixes }) =>
      prefixes.length > 0 &&
      !isHostedByTwilio(parts) &&
      !callsOthers &&
      !prefixes.some((prefix) => hasHostOf(parts, prefix)),
  },
  shared_key_unknown: {
    level: 'error',
    text: 'pattern of a Webhook Rule signs with a SharedKey that the server does not have',
    fix: 'Add the key to sharedKeys of the server (or its key file), or take it out of the Setting of this Rule.',
  },
  signing_off: {
    level: 'error',
    text: 'pattern of a Webhook Rule has a Setting that switches signing off: no server can verify these webhooks',
    fix: 'Give the Setting a signature again, or take it out of this Rule. Without a signature, anyone can post to the URL.',
  },
  unknown_path: {
    level: 'warning',
    text: "is outside the path of every publicUrl of its host, or of the gateway's routes",
    fix: 'Change the path at Twilio, or add a route or a publicUrl with this path.',
    applies: (parts, { callsOthers }, { prefixes }) => {
      if (callsOthers) return false
      const ofHost = prefixes.filter((prefix) => hasHostOf(parts, prefix))
      return ofHost.length > 0 && !ofHost.some(({ path }) => isBelow(parts.path, path))
    },
  },
  userinfo: {
    level: 'warning',
    text: 'holds a name and a password, which everyone with access to the account can read',
    fix: 'Take them out: the signature proves the sender. Where you need Basic authentication, use a Webhook Setting.',
    applies: ({ userinfo }) => userinfo !== '',
  },
  fragment: {
    level: 'warning',
    text: 'has a fragment that is not a connection override: Twilio does not send it',
    fix: 'Take out # and what follows, or write %23 if it belongs to the path.',
    applies: ({ fragment }) => fragment !== '' && !isConnectionOverride(fragment),
  },
  port: {
    level: 'warning',
    text: 'has a port, which Twilio does not sign the same way in every product',
    fix: 'Serve the webhook on port 443 and leave the port out.',
    applies: (parts) => parts.port !== '' && parts.port !== `:${findDefaultPort(parts)}`,
  },
  get: {
    level: 'warning',
    text: 'is called with GET: phone numbers and message texts end in access logs',
    fix: 'Change the method to POST.',
    applies: (parts, { method, callsOthers }) => method === 'GET' && !callsOthers && !isHostedByTwilio(parts),
  },
  query: {
    level: 'warning',
    text: "has a query that proxies and frameworks re-write: its keys are not in order, or it holds ', + or @",
    fix: "Sort the keys, and write %27 for ', %20 for + and %40 for @; or put the values into the path.",
    applies: ({ query }) => /['+@]/.test(query) || !isSorted(listKeys(query)),
  },
  host_case: {
    level: 'warning',
    text: 'has capital letters in its host: what Twilio signs is not what the server sees',
    fix: 'Write the host in lower case.',
    applies: ({ host }) => host !== host.toLowerCase(),
  },
  trailing_slash: {
    level: 'warning',
    text: 'is configured with and without its last slash',
    fix: 'Use one spelling everywhere: the slash is signed, and many servers redirect from one to the other.',
    applies: (parts, _webhook, { bothSlashes }) => bothSlashes.has(cutSlash(parts)),
  },
  ignored: {
    level: 'warning',
    text: 'is never called: an application, a trunk or the numbers of the service take its place',
    fix: 'Delete this URL, or remove the application, the trunk or the option.',
    applies: (_parts, { ignoredFor }) => ignoredFor !== undefined,
  },
  no_path: {
    level: 'note',
    text: 'has no path: some servers see /, which is another URL',
    fix: 'Write at least the slash: https://api.example.com/.',
    applies: ({ path }) => path === '',
  },
  shared_url: {
    level: 'note',
    text: 'is used by several accounts, and each signs with its own Auth Token',
    fix: 'Give the server the token of each account: a record or a look-up as authToken (docs/subaccounts.md).',
    applies: (parts, { callsOthers }, { accountsOf }) =>
      !isHostedByTwilio(parts) && !callsOthers && (accountsOf.get(toShared(parts))?.size ?? 0) > 1,
  },
} satisfies Readonly<Record<string, Rule>>

type RuleId = keyof typeof rows

/** What an audit looks for, worst first. To add a rule, add a row. */
export const rules: Readonly<Record<RuleId, Rule>> = rows

const ruleIds = Object.keys(rules) as RuleId[]

/** Lists the findings, worst first. One finding has all places of one URL. */
export function listFindings({ webhooks, rules: signing }: Inventory, known: Known): readonly AuditFinding[] {
  const found = new Map<string, { rule: RuleId; subject: string; places: Place[] }>()
  const add = (rule: RuleId, subject: string, place: Place): void => {
    const key = `${rule} ${subject}`
    const finding = found.get(key) ?? { rule, subject, places: [] }
    finding.places.push(toPlace(place))
    found.set(key, finding)
  }
  const context = createContext(webhooks, known)
  for (const webhook of webhooks) {
    const isTemplate = /^(?:[^/]*\/\/)?[^/?#]*\{\{/.test(webhook.url)
    // Studio fills in the host when it calls. No other product does.
    if (isTemplate && resources[webhook.resource]?.product === 'studio') continue
    const parts = isTemplate ? undefined : parseWebhookUrl(webhook.url)
    if (parts === undefined) add('malformed', webhook.url, webhook)
    else for (const rule of ruleIds) if (rules[rule].applies?.(parts, webhook, context)) add(rule, webhook.url, webhook)
  }
  for (const rule of signing) for (const id of rule.offIds) add('signing_off', id, rule)
  const { hasSharedKey } = known
  if (hasSharedKey !== undefined)
    for (const rule of signing) for (const id of rule.keyIds) if (!hasSharedKey(id)) add('shared_key_unknown', id, rule)
  return [...found.values()]
    .map((finding) => ({ ...finding, level: rules[finding.rule].level }))
    .sort(
      (one, other) =>
        levels.indexOf(one.level) - levels.indexOf(other.level) ||
        ruleIds.indexOf(one.rule) - ruleIds.indexOf(other.rule) ||
        other.places.length - one.places.length ||
        compare(one.subject, other.subject),
    )
}

function createContext(webhooks: readonly Webhook[], { publicUrls }: Known): Context {
  const accountsOf = new Map<string, Set<string>>()
  const spellings = new Map<string, Set<string>>()
  for (const { url, account } of webhooks) {
    const parts = parseWebhookUrl(url)
    if (parts === undefined) continue
    const shared = toShared(parts)
    accountsOf.set(shared, (accountsOf.get(shared) ?? new Set()).add(account))
    const cut = cutSlash(parts)
    spellings.set(cut, (spellings.get(cut) ?? new Set()).add(parts.path))
  }
  const bothSlashes = new Set([...spellings].flatMap(([cut, paths]) => (paths.size > 1 ? [cut] : [])))
  return { prefixes: publicUrls.flatMap((url) => parseWebhookUrl(url) ?? []), accountsOf, bothSlashes }
}

/** Twilio's own hosts: Studio, TwiML Bins, Functions, twimlets and demos. No publicUrl has them. */
function isHostedByTwilio({ host }: WebhookUrl): boolean {
  return /(^|\.)(twilio\.com|twil\.io|twimlets\.com)$/i.test(host)
}

function hasHostOf(parts: WebhookUrl, prefix: WebhookUrl): boolean {
  return toHost(parts) === toHost(prefix)
}

function toHost(parts: WebhookUrl): string {
  const { host, port } = parts
  return toAsciiHost(host) + (port === `:${findDefaultPort(parts)}` ? '' : port)
}

/** Returns what the server sees of a URL: no userinfo, no fragment, one spelling of the host. */
function toShared(parts: WebhookUrl): string {
  return `${parts.scheme.toLowerCase()}://${toHost(parts)}${parts.path || '/'}${parts.query}`
}

function isBelow(path: string, prefix: string): boolean {
  const cut = prefix.replace(/\/$/, '')
  return cut === '' || path === cut || path.startsWith(`${cut}/`)
}

function cutSlash(parts: WebhookUrl): string {
  return `${parts.scheme.toLowerCase()}://${toHost(parts)}${parts.path.replace(/\/$/, '')}${parts.query}`
}

function listKeys(query: string): readonly string[] {
  return query === ''
    ? []
    : query
        .slice(1)
        .split('&')
        .map((pair) => pair.replace(/=.*$/s, ''))
}

function isSorted(keys: readonly string[]): boolean {
  return keys.every((key, index) => index === 0 || compare(keys[index - 1] ?? '', key) <= 0)
}
