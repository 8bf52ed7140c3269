import { findNearest } from '../../../checks/options.ts'
import { conversations } from './conversations.ts'
import { json } from './json.ts'
import { messaging } from './messaging.ts'
import { isMet, type Kind, type KindRow, type ParamsReader, parseRow } from './row.ts'
import { services } from './services.ts'
import { video } from './video.ts'
import { voice } from './voice.ts'

/** The rows of all products. */
export type KindRows = typeof messaging &
  typeof voice &
  typeof conversations &
  typeof video &
  typeof services &
  typeof json

/** A kind of webhook that Twilio sends, such as `'message.inbound'`. */
export type WebhookKind = keyof KindRows

/** A kind that has names and values for parameters: a form, or the query of a GET. */
export type FormKind = {
  [K in WebhookKind]: KindRows[K] extends { body: 'json' | 'handshake' } ? never : K
}[WebhookKind]

const rows: KindRows = { ...messaging, ...voice, ...conversations, ...video, ...services, ...json }

/**
 * Every kind of webhook. Rules are tried from the top: a more specific rule comes before a general
 * one.
 */
export const kinds: Readonly<Record<WebhookKind, Kind>> = parseRows(rows)

function parseRows(table: Readonly<Record<WebhookKind, KindRow>>): Readonly<Record<WebhookKind, Kind>> {
  const parsed = Object.entries(table).map(([kind, row]) => [kind, parseRow(row)])
  return Object.freeze(Object.fromEntries(parsed))
}

type Candidate = readonly [kind: string, row: Pick<Kind, 'rule'>]

// A replay guard asks for the kind of every delivery.
const recognised = Object.entries(kinds).filter(([, { rule }]) => rule.length > 0)
const formKinds = recognised.filter(([, { body }]) => body === 'form' || body === 'query')
const jsonKinds = recognised.filter(([, { body }]) => body === 'json')

/**
 * Returns the row of a kind.
 *
 * @param kind may come from a user.
 * @throws TypeError for an unknown kind. The message suggests the nearest one.
 */
export function getKind(kind: string): Kind {
  if (Object.hasOwn(kinds, kind)) return kinds[kind as WebhookKind]
  const near = findNearest(String(kind), Object.keys(kinds))
  throw new TypeError(`Unknown kind of webhook "${kind}".${near === undefined ? '' : ` Did you mean "${near}"?`}`)
}

/**
 * Recognises the kind of a webhook by the names and values of its parameters. It proves nothing
 * about the sender.
 *
 * @param params the parameters of the form, or of the query for a GET.
 * @returns the kind. `undefined` for an unknown kind, a TwiML request in the middle of a call,
 *   JSON, or a WebSocket handshake.
 */
export function kindOf(params: ParamsReader): WebhookKind | undefined {
  return findKind(params, formKinds)
}

/**
 * Recognises the kind of a JSON webhook.
 *
 * @param json the parsed body. In a batch, the first event decides.
 * @returns the kind, or `undefined` for an unknown one.
 */
export function kindOfJson(json: unknown): WebhookKind | undefined {
  const first: unknown = Array.isArray(json) ? json[0] : json
  if (typeof first !== 'object' || first === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(first))
  const get = (name: string): string | undefined => {
    const value = fields.get(name)
    return typeof value === 'string' ? value : undefined
  }
  return findKind({ get, has: (name) => fields.has(name) }, jsonKinds)
}

/** Lists the kinds of forms whose rules allow a list of names. Only values are left to check. */
export function listCandidates(names: Pick<ParamsReader, 'has'>): readonly Candidate[] {
  return formKinds
    .filter(([, { rule }]) => rule.every(({ name, isAbsent }) => names.has(name) !== isAbsent))
    .map(([kind, { rule }]) => [kind, { rule: rule.filter(({ values }) => values !== undefined) }])
}

/** Finds the first kind whose rule is met. */
export function findKind(params: ParamsReader, among: readonly Candidate[]): WebhookKind | undefined {
  const found = among.find(([, { rule }]) => rule.every((condition) => isMet(condition, params)))
  return found?.[0] as WebhookKind | undefined
}

/**
 * Returns true for a kind that Twilio never sends twice, so that a second delivery is a replay.
 *
 * @param kind a name that a store kept, which may be no kind. An unknown kind may repeat.
 */
export function neverRepeats(kind: string): boolean {
  return Object.hasOwn(kinds, kind) && kinds[kind as WebhookKind].neverRepeats
}

/** Returns true for a kind of which two events may have the same bytes. */
export function mayBeAlike(kind: WebhookKind): boolean {
  return kinds[kind].mayBeAlike
}
