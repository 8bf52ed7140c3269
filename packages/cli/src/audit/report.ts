import manifest from '../../package.json' with { type: 'json' }
import type { Colors } from '../io.ts'
import { cleanText } from '../io.ts'
import { maskUrl } from '../twilio-api/webhook-url.ts'
import { type Finding, type Level, type RuleId, rules } from './findings.ts'
import type { Probed, Target } from './probe.ts'
import { type Gap, type Inventory, type Place, toKey } from './read.ts'

/** The document of `--json`, which is also what `--baseline` reads. */
export interface AuditDocument {
  readonly account: string
  readonly accounts: readonly string[]
  readonly inactiveAccounts: number
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
  readonly rule: RuleId | 'not_guarded'
  readonly level: Level
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
  const unread = new Set(
    [...baseline.notRead, ...now.notRead].map((gap) => toKey({ account: gap.account, resource: gap.resource })),
  )
  const isRead = ({ account, resource }: Place): boolean => !unread.has(toKey({ account, resource }))
  const [before, after] = [baseline, now].map(
    ({ webhooks }) => new Map(webhooks.filter(isRead).map((webhook) => [toKey(webhook), webhook])),
  ) as [Map<string, ShownWebhook>, Map<string, ShownWebhook>]
  return {
    added: [...after].flatMap(([key, webhook]) => (before.has(key) ? [] : [webhook])),
    removed: [...before].flatMap(([key, webhook]) => (after.has(key) ? [] : [webhook])),
    changed: [...after].flatMap(([key, webhook]) => {
      const old = before.get(key)
      const isSame = old === undefined || (old.url === webhook.url && old.method === webhook.method)
      return isSame ? [] : [{ before: old, after: webhook }]
    }),
    newFindings: subtractFindings(now.findings, baseline.findings, isRead),
    goneFindings: subtractFindings(baseline.findings, now.findings, isRead),
  }
}

function subtractFindings(
  findings: readonly ShownFinding[],
  others: readonly ShownFinding[],
  isRead: (place: Place) => boolean,
): readonly ShownFinding[] {
  const known = new Set(others.flatMap(({ rule, places }) => places.map((place) => `${rule} ${toKey(toPlace(place))}`)))
  return findings.flatMap((finding) => {
    const places = finding.places.filter(
      (place) => isRead(place) && !known.has(`${finding.rule} ${toKey(toPlace(place))}`),
    )
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
  return `${title}\n${formatRows(rows, (row) => row.replace(/^ {2}(\w+)/, (_, level: Level) => `  ${color[level](level)}`))}`
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
    cleanText(`  ${mark} ${resource} ${sid} ${field} (${account})  ${method} ${url}`)
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

/** Aligns columns. The last column is not padded. */
function formatRows(rows: readonly (readonly string[])[], paint = (row: string): string => row): string {
  const shown = rows.slice(0, mostRows).map((row) => row.map((cell) => cleanText(cell).replace(/\s+/g, ' ')))
  const widths = (shown[0] ?? []).map((_, at) => Math.max(...shown.map((row) => row[at]?.length ?? 0)))
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
export function toSarif({ findings }: AuditDocument): object {
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
        results: findings.map(({ rule, level, url, text, fix, places }) => ({
          ruleId: rule,
          level,
          message: { text: `${url}: the URL ${text} (${count(places.length, 'place')}). ${fix}` },
          locations: places.slice(0, mostLocations).map((place) => {
            const name = toKey(toPlace(place))
            return {
              physicalLocation: { artifactLocation: { uri: `twilio/${encodeURI(name)}` } },
              logicalLocations: [{ fullyQualifiedName: name, kind: 'resource' }],
            }
          }),
        })),
      },
    ],
  }
}
