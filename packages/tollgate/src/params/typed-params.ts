import { findNearest } from '../checks/options.ts'
import type { WebhookParams } from '../verdict.ts'
import { kindOf } from './kind-of.ts'
import { type FormKind, kinds, type WebhookKind } from './kinds.ts'
import type { AlwaysSentName, ParameterName } from './parameter-names.ts'

/** Any text; written so that editors still suggest the names beside it. */
type AnyName = string & Record<never, never>

/** The parameters of a webhook whose kind is known. Twilio adds parameters without notice: any name may be asked for. */
export interface TypedParams<K extends FormKind> extends WebhookParams {
  /** The first value of that name: a string where Twilio always sends it. An empty string is a value. */
  get(name: AlwaysSentName<K>): string
  get(name: ParameterName<K> | AnyName): string | undefined
  getAll(name: ParameterName<K> | AnyName): string[]
  has(name: ParameterName<K> | AnyName): boolean
}

/**
 * Whether these are the parameters of a webhook of that kind (or of one of those kinds), so that `get` is typed. True
 * only where everything is there that Twilio always sends with it: what the types promise holds even in `observe` mode,
 * where anybody may have sent the request. Like `kindOf` it proves nothing about the sender.
 *
 * The kinds exclude each other: a WhatsApp message is `whatsapp.inbound` and not `message.inbound` too. An unknown kind,
 * and one without such parameters (JSON, a handshake), is a TypeError.
 */
export function isKind<K extends FormKind>(
  params: WebhookParams,
  ...among: readonly [K, ...K[]]
): params is TypedParams<K> {
  for (const kind of among) checkKind(kind)
  const kind = kindOf(params)
  if (kind === undefined || !(among as readonly WebhookKind[]).includes(kind)) return false
  return kinds[kind].parameters.every(({ name, always }) => !always || params.has(name))
}

function checkKind(kind: string): void {
  const row = Object.hasOwn(kinds, kind) ? kinds[kind as WebhookKind] : undefined
  if (row?.body === 'form' || row?.body === 'query') return
  if (row !== undefined) throw new TypeError(`A webhook of kind "${kind}" has no form parameters`)
  const near = findNearest(String(kind), Object.keys(kinds))
  throw new TypeError(`Unknown kind of webhook "${kind}".${near === undefined ? '' : ` Did you mean "${near}"?`}`)
}
