import type { Delivery } from '../interfaces.ts'
import { kindOf, kindOfJson } from '../params/kind-of.ts'
import { kinds } from '../params/kinds.ts'
import { decodeUtf8 } from '../scheme/form.ts'

/** Whether Twilio never sends such a delivery twice, so that a second one is a replay. An unknown kind may repeat. */
export function neverRepeats({ covers, params, body }: Delivery): boolean {
  const kind = covers === 'body' ? kindOfJson(parseJson(body)) : kindOf(params)
  return kind !== undefined && !kinds[kind].mayRepeat
}

function parseJson(body: Uint8Array): unknown {
  const text = decodeUtf8(body)
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
