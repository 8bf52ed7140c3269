import manifest from '../../package.json' with { type: 'json' }
import type { Colors } from '../io.ts'
import { cleanText } from '../io.ts'
import { maskUrl } from '../twilio-api/webhook-url.ts'
import { type Finding, rules } from './findings.ts'
import type { Probed, Target } from './probe.ts'
import { type Gap, type Inventory, type Place, type Scope, toKey } from './read.ts'

/** The document of `--json`, which is also what `--baseline` reads. */
export interface AuditDocument {
  readonly account: string
  readonly accounts: readonly string[]
  readonly inactiveAccounts: number
  /** What --account and --resource named. Empty lists mean everything. */
  readonly scope: Scope
  readonly webhooks: readonly ShownWebhook[]
  readonly findings: readonly ShownFinding[]
  readonly notRead: readonly Gap[]
  /** `null` without `--probe`. `sent` is false for a dry run. */
  readonly probe: { readonly sent: boolean; readonly targets: readonly (Target | Probed)[] } | null
  /** `null` without `--baseline`. */
  readonly changes: Changes | null
}

interface ShownWebhook extends Place {
  /** Masked, as every URL of the document. */
  readonly url: string
  readonly method: string
  readonly ignored: boolean
}

interface ShownFinding {
  readonly rule: Finding['rule'] | 'not_guarded'
  readonly level: Finding['level']
  readonly url: string
  readonly text: string
  readonly fix: string
  readonly places: readonly Place[]
}

interface Changes {
  readonly added: readonly ShownWebhook[]
  readonly removed: readonly ShownWebhook[]
  readonly changed: readonly { readonly before: ShownWebhook; readonly after: ShownWebhook }[]
  /** Findings at places that the baseline does not have with that rule. */
  readonly newFindings: readonly ShownFinding[]
  readonly goneFindings: readonly ShownFinding[]
}

const notGuarded = {
  level: 'error',
  text: 'answered a request that Twilio did not sign: not guarded',
  fix: 'Guard this endpoint: see README.md for your framework, or put the gateway in front of it.',
} as const

export function createDocument(
  { account, accounts, inactive, webhooks, gaps }: Inventory,
  scope: Scope,
  findings: readonly Finding[],
  probe: AuditDocument['probe'],
): AuditDocument {
  const shown = webhooks.map(({ account: owner, resource, sid, field, url, method, ignoredFor }) => ({
    account: owner,
    resource,
    sid,
    field,
    url: maskUrl(url),
    method,
    ignored: ignoredFor !== undefined,
  }))
  const unguarded = (probe?.targets ?? []).flatMap((target): ShownFinding[] => {
    if (!('verdict' in target) || target.verdict !== 'not guarded') return []
    const places = webhooks.filter(
      ({ url, method }) => url.replace(/#.*$/s, '') === target.url && method === target.method,
    )
    return [{ rule: 'not_guarded', ...notGuarded, url: maskUrl(target.url), places: places.map(toPlace) }]
  })
  return {
    account,
    accounts,
    inactiveAccounts: inactive,
    scope,
    webhooks: shown,
    findings: [
      ...unguarded,
      ...findings.map(({ rule, level, subject, places }) => {
        const { text, fix } = rules[rule]
        return { rule, level, url: maskUrl(subject), text, fix, places }
      }),
    ],
    notRead: gaps,
    probe: probe && { ...probe, targets: probe.targets.map((target) => ({ ...target, url: maskUrl(target.url) })) },
    changes: null,
  }
}

function toPlace({ account, resource, sid, field }: Place): Place {
  return { account, resource, sid, field }
}

/** Compares two audits. A part that one of them did not read does not count as changed. */
export function compareWith(baseline: AuditDocument, now: AuditDocument): Changes {
  const both = [baseline, now]
  const isRead = (place: Place): boolean => both.every((document) => hasRead(document, place))
  const [before, after] = [baseline, now].map(({ webhooks }) => groupPlaces(webhooks.filter(isRead))) as [
    ReadonlyMap<string, readonly ShownWebhook[]>,
    ReadonlyMap<string, readonly ShownWebhook[]>,
  ]
  // A place such as `states[].properties.url` has several URLs. Those that differ are paired in their order.
  const pairs = [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [olds, news] = [before.get(key) ?? [], after.get(key) ?? []]
    const [gone, added] = [subtractWebhooks(olds, news), subtractWebhooks(news, olds)]
    return Array.from({ length: Math.max(gone.length, added.length) }, (_, at) => [gone[at], added[at]] as const)
  })
  const goneFindings = subtractFindings(baseline.findings, now.findings, isRead)
  return {
    added: pairs.flatMap(([old, webhook]) => (old === undefined && webhook !== undefined ? [webhook] : [])),
    removed: pairs.flatMap(([old, webhook]) => (webhook === undefined && old !== undefined ? [old] : [])),
    changed: pairs.flatMap(([old, webhook]) =>
      old === undefined || webhook === undefined ? [] : [{ before: old, after: webhook }],
    ),
    newFindings: subtractFindings(now.findings, baseline.findings, isRead),
    // Without a probe it is not known whether an endpoint is guarded by now.
    goneFindings: goneFindings.filter(({ rule }) => rule !== 'not_guarded' || now.probe?.sent === true),
  }
}

function hasRead({ scope, accounts, notRead }: AuditDocument, { account, resource }: Place): boolean {
  const hasAllAccounts = scope.accounts.length === 0 && !notRead.some((gap) => gap.resource === 'accounts')
  return (
    (hasAllAccounts || accounts.includes(account)) &&
    (scope.resources.length === 0 || scope.resources.includes(resource)) &&
    !notRead.some((gap) => gap.account === account && gap.resource === resource)
  )
}

function groupPlaces(webhooks: readonly ShownWebhook[]): ReadonlyMap<string, readonly ShownWebhook[]> {
  return new Map(group(webhooks, (webhook) => [toKey(webhook)]).map((equal) => [toKey(equal[0]), equal]))
}

/** Returns the webhooks without an equal one in `others`, each of which counts once. */
function subtractWebhooks(webhooks: readonly ShownWebhook[], others: readonly ShownWebhook[]): readonly ShownWebhook[] {
  const left = [...others]
  return webhooks.filter(({ url, method }) => {
    const at = left.findIndex((other) => other.url === url && other.method === method)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

function subtractFindings(
  findings: readonly ShownFinding[],
  others: readonly ShownFinding[],
  isRead: (place: Place) => boolean,
): readonly ShownFinding[] {
  const toRow = ({ rule }: ShownFinding, place: Place): string => `${rule} ${toKey(toPlace(place))}`
  // A place may have a finding several times, once for each of its URLs.
  const known = new Map<string, number>()
  for (const finding of others)
    for (const place of finding.places) known.set(toRow(finding, place), (known.get(toRow(finding, place)) ?? 0) + 1)
  return findings.flatMap((finding) => {
    const places = finding.places.filter((place) => {
      const left = known.get(toRow(finding, place)) ?? 0
      known.set(toRow(finding, place), left - 1)
      return isRead(place) && left <= 0
    })
    return places.length === 0 ? [] : [{ ...finding, places }]
  })
}

// Beyond this, a person reads the JSON with a program.
const mostRows = 200

/** Formats the audit for people: the URLs, the findings, their fixes, and what was not read. */
export function formatAudit(document: AuditDocument, requests: number, colors: Colors): string {
  const { accounts, inactiveAccounts, webhooks, findings, notRead, probe, changes } = document
  const left = inactiveAccounts === 0 ? '' : `, ${count(inactiveAccounts, 'inactive account')} left out`
  const urls = new Set(webhooks.map(({ url, method }) => `${method} ${url}`)).size
  const sections = [
    `${count(urls, 'webhook URL')} in ${count(webhooks.length, 'place')} of ${count(accounts.length, 'account')}${left} (${count(requests, 'request')})`,
    formatWebhooks(webhooks),
    ...(probe === null ? [] : [formatProbe(probe, colors)]),
    findings.length === 0 ? colors.green('No findings.') : formatFindings('Findings, worst first:', findings, colors),
    ...(findings.length === 0 ? [] : [formatFixes(findings)]),
    ...(changes === null ? [] : [formatChanges(changes, colors)]),
    ...(notRead.length === 0 ? [] : [formatGaps(notRead)]),
  ]
  return sections.filter((section) => section !== '').join('\n\n')
}

function formatWebhooks(webhooks: readonly ShownWebhook[]): string {
  const groups = group(webhooks, ({ resource, field, method, url }) => [resource, field, method, url])
  return formatRows(
    groups.map((equal) => {
      const [{ resource, field, method, url }] = equal
      return [resource, field, method, url, formatPlaces(equal)]
    }),
  )
}

function formatProbe({ sent, targets }: NonNullable<AuditDocument['probe']>, colors: Colors): string {
  if (!sent) return `${formatPlan(targets)}\nNothing was sent: this is a dry run. Add --send to send.`
  const rows = targets.map((target) => {
    const { verdict, detail } = target as Probed
    return [verdict, target.method, target.url, detail]
  })
  const color = { 'not guarded': colors.red, unclear: colors.yellow, 'no answer': colors.yellow, refused: colors.green }
  return `Probe:\n${formatRows(rows, (row) => color[row.split(/ {2,}/)[1] as Probed['verdict']]?.(row) ?? row)}`
}

/** Formats what a probe sends. */
export function formatPlan(targets: readonly Target[]): string {
  if (targets.length === 0) return 'Probe: no webhook URL has a host of --allow-host.'
  return [
    `Probe: an unsigned request, and one with a wrong signature, to each of ${count(targets.length, 'URL')}. At most one request a second to each host. Body, except for GET: TollgateProbe=1`,
    formatRows(targets.map(({ method, url }) => [method, maskUrl(url)])),
    'The handler of an endpoint that is not guarded will run.',
  ].join('\n')
}

function formatFindings(title: string, findings: readonly ShownFinding[], colors: Colors): string {
  const color = { error: colors.red, warning: colors.yellow, note: colors.cyan }
  const rows = findings.map(({ level, rule, url, places }) => [level, rule, url, formatPlaces(places)])
  return `${title}\n${formatRows(rows, (row) => row.replace(/^ {2}(\w+)/, (_, level: Finding['level']) => `  ${color[level](level)}`))}`
}

function formatFixes(findings: readonly ShownFinding[]): string {
  const byRule = new Map(findings.map(({ rule, text, fix }) => [rule, { text, fix }]))
  return [
    'What they mean, and what to do:',
    ...[...byRule].flatMap(([rule, { text, fix }]) => [`  ${rule}: the URL ${text}.`, `    ${fix}`]),
  ].join('\n')
}

function formatChanges({ added, removed, changed, newFindings, goneFindings }: Changes, colors: Colors): string {
  const line = (mark: string, { account, resource, sid, field, method, url }: ShownWebhook): string =>
    cleanText(`  ${mark} ${resource} ${sid} ${field} (${account})  ${method} ${url}`.replace(/[\r\n]+/g, ' '))
  const lines = [
    ...added.map((webhook) => line('+', webhook)),
    ...removed.map((webhook) => line('-', webhook)),
    ...changed.flatMap(({ before, after }) => [line('-', before), line('+', after)]),
  ]
  const shown = lines.slice(0, 2 * mostRows)
  if (lines.length > shown.length) shown.push(`  … and ${lines.length - shown.length} more lines; --json has all`)
  return [
    lines.length === 0 ? 'Since the baseline: no URL changed.' : `Since the baseline:\n${shown.join('\n')}`,
    ...(newFindings.length === 0 ? [] : [formatFindings('New findings:', newFindings, colors)]),
    ...(goneFindings.length === 0 ? [] : [formatFindings('Gone findings:', goneFindings, colors)]),
  ].join('\n')
}

function formatGaps(gaps: readonly Gap[]): string {
  const rows = group(gaps, ({ resource, reason }) => [resource, reason]).map((equal) => {
    const [{ resource, reason, account }] = equal
    return [resource, equal.length === 1 ? account : count(equal.length, 'account'), reason]
  })
  return `Not read:\n${formatRows(rows)}`
}

function formatPlaces(places: readonly Place[]): string {
  const [first] = places
  if (first === undefined) return ''
  const where = `${first.sid || first.resource} (${first.account})`
  if (places.length === 1) return where
  const accounts = new Set(places.map(({ account }) => account)).size
  return `${where} and ${places.length - 1} more${accounts > 1 ? ` in ${accounts} accounts` : ''}`
}

/** Puts the items with equal keys together, in the order of the first of each. */
function group<T>(items: readonly T[], keyOf: (item: T) => readonly string[]): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>()
  for (const item of items) {
    const key = JSON.stringify(keyOf(item))
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [item])
    else known.push(item)
  }
  return [...groups.values()]
}

// One very long URL does not pad all others.
const widest = 160

/** Aligns columns. The last column is not padded. */
function formatRows(rows: readonly (readonly string[])[], paint = (row: string): string => row): string {
  const shown = rows.slice(0, mostRows).map((row) => row.map((cell) => cleanText(cell).replace(/\s+/g, ' ')))
  const widths = (shown[0] ?? []).map((_, at) =>
    Math.min(widest, Math.max(...shown.map((row) => row[at]?.length ?? 0))),
  )
  const lines = shown.map((row) =>
    paint(`  ${row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  ')}`),
  )
  if (rows.length > shown.length) lines.push(`  … and ${rows.length - shown.length} more; --json has all`)
  return lines.join('\n')
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`
}

// GitHub refuses more locations of one result.
const mostLocations = 1000

/** Converts the findings to SARIF 2.1.0. A location names the account and the resource, since there is no file. */
export function toSarif({ findings, notRead }: AuditDocument): object {
  const ids = [...new Set(findings.map(({ rule }) => rule))]
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'tollgate audit',
            version: manifest.version,
            rules: ids.map((id) => {
              const { text, fix, level } = id === 'not_guarded' ? notGuarded : rules[id]
              const shortDescription = { text: `The webhook URL ${text}.` }
              return { id, shortDescription, help: { text: fix }, defaultConfiguration: { level } }
            }),
          },
        },
        invocations: [
          {
            executionSuccessful: notRead.every(({ kind }) => kind === 'refused'),
            toolExecutionNotifications: notRead.map(({ account, resource, reason, kind }) => ({
              level: kind === 'refused' ? 'note' : 'error',
              message: toMessage(`Not read: ${resource} of ${account}: ${reason}.`),
            })),
          },
        ],
        results: findings.map(({ rule, level, url, text, fix, places }) => ({
          ruleId: rule,
          ruleIndex: ids.indexOf(rule),
          level,
          message: toMessage(`${url}: the URL ${text} (${count(places.length, 'place')}). ${fix}`),
          locations: places.slice(0, mostLocations).map((place) => {
            // A lone surrogate has no UTF-8, and no percent-encoding.
            const name = Buffer.from(toKey(toPlace(place))).toString()
            const uri = `twilio/${name.split('/').map(encodeURIComponent).join('/')}`
            return {
              physicalLocation: { artifactLocation: { uri } },
              logicalLocations: [{ fullyQualifiedName: name, kind: 'resource' }],
            }
          }),
        })),
      },
    ],
  }
}

/** A brace begins a placeholder, and `](` is a link: SARIF 2.1.0, sections 3.11.5 and 3.11.6. */
function toMessage(text: string): { readonly text: string } {
  return { text: text.replace(/[{}]/g, '$&$&').replace(/\](?=\()/g, '\\]') }
}
