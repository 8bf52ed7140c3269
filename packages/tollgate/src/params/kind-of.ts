import type { KindRow, KindRule } from './kind-row.ts'
import { kinds, type WebhookKind } from './kinds.ts'

/** What recognition reads of a delivery's parameters; `WebhookParams` is one. */
export interface KindFields {
  get(name: string): string | null | undefined
  has(name: string): boolean
}

const rows = Object.entries(kinds) as readonly (readonly [WebhookKind, KindRow])[]

/**
 * The kind of webhook whose parameters these are, or `undefined` where no rule holds: an unknown kind, a TwiML request
 * from the middle of a call, JSON, a handshake. It reads names and values only, so it proves nothing about the sender.
 */
export function kindOf(params: KindFields): WebhookKind | undefined {
  return findKind(params, (row) => row.body === 'form' || row.body === 'query')
}

/** The kind of a parsed JSON webhook; of a batch, the first event decides. `undefined` where no rule holds. */
export function kindOfJson(json: unknown): WebhookKind | undefined {
  const first: unknown = Array.isArray(json) ? json[0] : json
  if (typeof first !== 'object' || first === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(first))
  const get = (name: string): string | undefined => {
    const value = fields.get(name)
    return typeof value === 'string' ? value : undefined
  }
  return findKind({ get, has: (name) => fields.has(name) }, (row) => row.body === 'json')
}

function findKind(fields: KindFields, applies: (row: KindRow) => boolean): WebhookKind | undefined {
  return rows.find(([, row]) => applies(row) && row.rule !== undefined && holds(row.rule, fields))?.[0]
}

function holds(rule: KindRule, fields: KindFields): boolean {
  const matches = Object.entries(rule.matches ?? {})
  return (
    rule.has.every((name) => fields.has(name)) &&
    !rule.lacks?.some((name) => fields.has(name)) &&
    matches.every(([name, pattern]) => pattern.test(fields.get(name) ?? ''))
  )
}
