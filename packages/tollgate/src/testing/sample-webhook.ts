import { findNearest } from '../checks/options.ts'
import { kinds, type WebhookKind } from '../params/kinds.ts'
import { samples } from './samples/index.ts'

/** A realistic delivery, ready to be signed: `signRequest({ url, ...sampleWebhook(kind) })`. */
export interface SampleWebhook {
  method: 'GET' | 'POST'
  /** In wire order, repeats kept; of a GET and a handshake: what Twilio adds to the query. */
  params?: [name: string, value: string][]
  json?: unknown
  /** Where Twilio's differs from the plain form's. */
  contentType?: string
  /** A WebSocket handshake: makes `signRequest` sign a `https:` URL as `wss:` too. */
  handshake?: true
}

/** Every kind that `sampleWebhook` knows, in alphabetical order. Frozen. */
export const webhookKinds: readonly WebhookKind[] = Object.freeze(Object.keys(kinds).sort() as WebhookKind[])

/**
 * A realistic webhook of a kind; each call gives new objects. No value comes from a real account.
 *
 * `overrides` replace the parameters of that name (all of a repeated one, by a single one) or are added at the end. For
 * JSON they are fields of the body, of the first event in a batch; a dotted name reaches inside: `'data.from'`. The
 * object it reaches into must exist. An unknown kind and a value that is not a string are a `TypeError`.
 */
export function sampleWebhook(kind: WebhookKind, overrides: Readonly<Record<string, string>> = {}): SampleWebhook {
  if (!Object.hasOwn(samples, kind)) {
    const near = findNearest(String(kind), webhookKinds)
    throw new TypeError(`Unknown kind of webhook "${kind}".${near === undefined ? '' : ` Did you mean "${near}"?`}`)
  }
  for (const [name, value] of Object.entries(overrides))
    if (typeof value !== 'string') throw new TypeError(`The override "${name}" must be a string, got ${typeof value}`)
  const { method, params, json, contentType, handshake } = samples[kind]
  return {
    method,
    ...(params && { params: overrideParams(params, overrides) }),
    ...(json !== undefined && { json: overrideJson(json, overrides) }),
    ...(contentType !== undefined && { contentType }),
    ...(handshake && { handshake }),
  }
}

function overrideParams(
  params: readonly (readonly [string, string])[],
  overrides: Readonly<Record<string, string>>,
): [string, string][] {
  const left = new Map(Object.entries(overrides))
  const changed: [string, string][] = []
  for (const [name, value] of params) {
    if (!Object.hasOwn(overrides, name)) changed.push([name, value])
    else if (left.has(name)) changed.push([name, left.get(name) ?? ''])
    left.delete(name)
  }
  return [...changed, ...left]
}

function overrideJson(json: unknown, overrides: Readonly<Record<string, string>>): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(json))
  for (const [path, value] of Object.entries(overrides)) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    let target = readObject(Array.isArray(copy) ? copy[0] : copy, path)
    for (const name of names) target = readObject(Object.hasOwn(target, name) ? target[name] : undefined, path)
    Object.defineProperty(target, last, { value, writable: true, enumerable: true, configurable: true })
  }
  return copy
}

function readObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new TypeError(`The override "${path}" reaches into an object that this webhook does not have`)
}
