import { type Colors, cleanText } from '../io.ts'
import type { AuditDocument, Changes, ShownFinding, ShownWebhook } from './document.ts'
import { type Gap, group, type Place } from './inventory.ts'

// Beyond this, a person reads the JSON with a program.
const mostRows = 200

/** Formats the audit for people: the URLs, the findings, their fixes, and what was not read. */
export function formatAudit(document: AuditDocument, requests: number, colors: Colors): string {
  const { accounts, inactiveAccounts, webhooks, findings, notRead, changes } = document
  const left = inactiveAccounts === 0 ? '' : `, ${count(inactiveAccounts, 'inactive account')} left out`
  const urls = new Set(webhooks.map(({ url, method }) => `${method} ${url}`)).size
  const sections = [
    `${count(urls, 'webhook URL')} in ${count(webhooks.length, 'place')} of ${count(accounts.length, 'account')}${left} (${count(requests, 'request')})`,
    formatWebhooks(webhooks),
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

function formatFindings(title: string, findings: readonly ShownFinding[], colors: Colors): string {
  const color = { error: colors.red, warning: colors.yellow, note: colors.cyan }
  const rows = findings.map(({ level, rule, url, places }) => [level, rule, url, formatPlaces(places)])
  return `${title}\n${formatRows(rows, (row) => row.replace(/^ {2}(\w+)/, (_, level: ShownFinding['level']) => `  ${color[level](level)}`))}`
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
