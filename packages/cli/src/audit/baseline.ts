import { isObject } from '../twilio-api/client.ts'
import type { AuditDocument, Changes, ShownFinding, ShownWebhook } from './document.ts'
import { group, type Place, toKey, toPlace } from './inventory.ts'

/** Compares two audits. A part that one of them did not read does not count as changed. */
export function compareWith(baseline: AuditDocument, now: AuditDocument): Changes {
  const both = [baseline, now]
  const isRead = (place: Place): boolean => both.every((document) => hasRead(document, place))
  const [before, after] = [baseline, now].map(({ webhooks }) => groupPlaces(webhooks.filter(isRead))) as [
    ReadonlyMap<string, readonly ShownWebhook[]>,
    ReadonlyMap<string, readonly ShownWebhook[]>,
  ]
  // A place such as `states[].properties.url` has several URLs. Those that differ are paired in
  // their order.
  const pairs = [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [olds, news] = [before.get(key) ?? [], after.get(key) ?? []]
    const [gone, added] = [subtractWebhooks(olds, news), subtractWebhooks(news, olds)]
    return Array.from({ length: Math.max(gone.length, added.length) }, (_, at) => [gone[at], added[at]] as const)
  })
  return {
    added: pairs.flatMap(([old, webhook]) => (old === undefined && webhook !== undefined ? [webhook] : [])),
    removed: pairs.flatMap(([old, webhook]) => (webhook === undefined && old !== undefined ? [old] : [])),
    changed: pairs.flatMap(([old, webhook]) =>
      old === undefined || webhook === undefined ? [] : [{ before: old, after: webhook }],
    ),
    newFindings: subtractFindings(now.findings, baseline.findings, isRead),
    goneFindings: subtractFindings(baseline.findings, now.findings, isRead),
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

/** The texts that a value has, in objects and in lists of any length. */
type Shape = 'text' | readonly [Shape] | { readonly [name: string]: Shape }

const place = { account: 'text', resource: 'text', sid: 'text', field: 'text' } as const
const shape: Shape = {
  accounts: ['text'],
  scope: { accounts: ['text'], resources: ['text'] },
  webhooks: [{ ...place, url: 'text', method: 'text' }],
  notRead: [{ account: 'text', resource: 'text' }],
  findings: [{ rule: 'text', level: 'text', url: 'text', text: 'text', fix: 'text', places: [place] }],
}

/** Checks what a comparison reads. A file may be damaged, or written by another version. */
export function isAuditDocument(value: unknown): value is AuditDocument {
  return hasShape(value, shape)
}

function hasShape(value: unknown, shape: Shape): boolean {
  if (shape === 'text') return typeof value === 'string'
  if (isList(shape)) return Array.isArray(value) && value.every((item) => hasShape(item, shape[0]))
  return isObject(value) && Object.entries(shape).every(([name, inner]) => hasShape(value[name], inner))
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape)
}
