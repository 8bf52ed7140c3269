import type { Delivery } from '../interfaces.ts'
import { kindOf, kindOfJson } from '../params/kind-of.ts'
import { kinds, type WebhookKind } from '../params/kinds.ts'
import { decodeUtf8 } from '../scheme/form.ts'

/** The kind of webhook that a delivery shows itself as; `'unknown'` where no rule holds. */
export function kindOfDelivery({ covers, params, body }: Delivery): string {
  return (covers === 'body' ? kindOfJson(parseJson(body)) : kindOf(params)) ?? 'unknown'
}

/** True for a kind that Twilio never sends twice, so that a second one is a replay. An unknown kind may repeat. */
export function neverRepeats(kind: string): boolean {
  return Object.hasOwn(kinds, kind) && !kinds[kind as WebhookKind].mayRepeat
}

function parseJson(body: Uint8Array): unknown {
  const text = decodeUtf8(body)
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
