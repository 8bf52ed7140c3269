import { conversationsSamples } from './conversations.sample.ts'
import { getKind, kinds, type WebhookKind } from './index.ts'
import { jsonSamples } from './json.sample.ts'
import { messagingSamples } from './messaging.sample.ts'
import type { SampleParams } from './row.ts'
import { servicesSamples } from './services.sample.ts'
import { videoSamples } from './video.sample.ts'
import { voiceSamples } from './voice.sample.ts'

/** The body of a JSON webhook, and the `SampleParams` of any other. */
const samples: Readonly<Record<WebhookKind, unknown>> = {
  ...messagingSamples,
  ...voiceSamples,
  ...conversationsSamples,
  ...videoSamples,
  ...servicesSamples,
  ...jsonSamples,
}

/** Returns the charset that Twilio names for voice and the debugger, and not for other forms. */
function findCharset(kind: WebhookKind): string | undefined {
  if (kind === 'debugger.event') return 'utf-8'
  return Object.hasOwn(voiceSamples, kind) ? 'UTF-8' : undefined
}

/** A realistic webhook that can be signed: `signRequest({ url, ...sampleWebhook(kind) })`. */
export interface SampleWebhook {
  method: 'GET' | 'POST'
  /**
   * In wire order. A name may be repeated. For a GET and a handshake, Twilio adds them to the
   * query.
   */
  params?: [name: string, value: string][]
  json?: unknown
  /** Given if Twilio sends another content type than that of a plain form. */
  contentType?: string
  /** A WebSocket handshake. `signRequest` signs an `https:` URL as `wss:`, too. */
  handshake?: true
}

/** Every kind that `sampleWebhook` knows, in alphabetical order. Frozen. */
export const webhookKinds: readonly WebhookKind[] = Object.freeze(Object.keys(kinds).sort() as WebhookKind[])

/**
 * Returns a realistic webhook. Each call returns new objects. No value comes from a real account.
 *
 * @param kind One of `webhookKinds`, for example `'message.inbound'`.
 * @param overrides values that replace the parameters of the same name, or are added at the end.
 *   One value replaces all values of a repeated name. For JSON they are fields of the body, or of
 *   the first event in a batch. A name with dots sets a nested field, whose object must exist:
 *   `'data.from'`.
 * @throws TypeError for an unknown kind, and for a value that is not a string.
 */
export function sampleWebhook(kind: WebhookKind, overrides: Readonly<Record<string, string>> = {}): SampleWebhook {
  const { method, body } = getKind(kind)
  for (const [name, value] of Object.entries(overrides))
    if (typeof value !== 'string') throw new TypeError(`The override "${name}" must be a string, got ${typeof value}`)
  if (body === 'json') return { method, json: overrideJson(samples[kind], overrides) }
  const params = overrideParams(samples[kind] as SampleParams, overrides)
  if (body === 'handshake') return { method, params, handshake: true }
  const charset = findCharset(kind)
  if (charset === undefined) return { method, params }
  return { method, params, contentType: `application/x-www-form-urlencoded; charset=${charset}` }
}

function overrideParams(params: SampleParams, overrides: Readonly<Record<string, string>>): [string, string][] {
  const changed = new Map([...Object.entries(params), ...Object.entries(overrides)])
  return [...changed].flatMap(([name, values]) => [values].flat().map((value): [string, string] => [name, value]))
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
  throw new TypeError(`The override "${path}" is a field of an object that this webhook does not have`)
}
