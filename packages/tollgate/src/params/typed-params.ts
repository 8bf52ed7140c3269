import {
  type FormKind,
  getKind,
  type KindRows,
  kindOf,
  kinds,
  type WebhookKind,
} from '../schemes/twilio/webhooks/index.ts'
import type { sharedNames } from '../schemes/twilio/webhooks/row.ts'
import type { WebhookParams } from '../verdict.ts'

// The names are the words of the table's lists, so that the types cannot differ from the table.
type Words<Text extends string> = Text extends `${infer Word} ${infer Rest}` ? Word | Words<Rest> : Text
type WithShared<Word extends string> = Word extends '...call' ? Words<(typeof sharedNames)['call'][number]> : Word
type WordsOf<K extends WebhookKind> = WithShared<Words<KindRows[K]['parameters'][number]>>

type Always<Word extends string> = Word extends `${string}?` ? never : Word
type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9
type Name<Word extends string> = Word extends `${infer Sometimes}?`
  ? Name<Sometimes>
  : Word extends `${infer Before}{N}${infer After}`
    ? `${Before}${Digit}${After}`
    : Word extends `${infer Before}*`
      ? `${Before}${string}`
      : Word

type AlwaysSent = { [K in WebhookKind]: { [N in Always<WordsOf<K>>]: string } }

/**
 * A parameter that Twilio sends with every webhook of the kind. For several kinds: of all these
 * kinds. The parameters of JSON are the fields of its object.
 */
export type AlwaysSentName<K extends WebhookKind> = keyof AlwaysSent[K] & string

/**
 * A known parameter of the kind. A name with an index is listed from 0 to 9: `MediaUrl0` to
 * `MediaUrl9`.
 */
export type ParameterName<K extends WebhookKind> = Name<WordsOf<K>>

/** A parameter of the kind that may have several values. */
export type RepeatedName<K extends WebhookKind> = KindRows[K] extends { repeated: infer N extends string } ? N : never

/** A kind whose JSON body may be a list of objects. */
export type BatchKind = { [K in WebhookKind]: KindRows[K] extends { batch: true } ? K : never }[WebhookKind]

/** Any text. Written so that editors still suggest the names beside it. */
type AnyName = string & Record<never, never>

/**
 * The parameters of a webhook whose kind is known. Twilio adds parameters without notice, so any
 * name is allowed.
 */
export interface TypedParams<K extends FormKind> extends WebhookParams {
  /**
   * Returns the first value of a parameter: a string if Twilio always sends it. An empty string is
   * a value.
   * @param name A parameter that Twilio always sends with this kind.
   */
  get(name: AlwaysSentName<K>): string
  /**
   * Returns the first value of a parameter, `undefined` if Twilio did not send it.
   * @param name Any parameter. Editors suggest those of the kind.
   */
  get(name: ParameterName<K> | AnyName): string | undefined
  /**
   * Returns the distinct values of a parameter in order, none if Twilio did not send it.
   * @param name Any parameter. Editors suggest those of the kind.
   */
  getAll(name: ParameterName<K> | AnyName): string[]
  /**
   * True if Twilio sent the parameter, also with an empty value.
   * @param name Any parameter. Editors suggest those of the kind.
   */
  has(name: ParameterName<K> | AnyName): boolean
}

/**
 * Checks that a webhook is of one of the given kinds, so that `get` is typed. It is true only if
 * every parameter is present that Twilio always sends with the kind. So the types hold even in
 * `observe` mode, where anyone may have sent the request. Like `kindOf`, it proves nothing about
 * the sender.
 *
 * Kinds exclude each other: a WhatsApp message is `whatsapp.inbound`, and not `message.inbound`.
 *
 * @param params the parameters of the webhook.
 * @param among the kinds to accept, at least one.
 * @throws TypeError for an unknown kind, and for a kind without form parameters (JSON, a
 *   handshake).
 */
export function isKind<K extends FormKind>(
  params: WebhookParams,
  ...among: readonly [K, ...K[]]
): params is TypedParams<K> {
  for (const kind of among) checkFormKind(kind)
  const kind = kindOf(params)
  if (kind === undefined || !(among as readonly WebhookKind[]).includes(kind)) return false
  return kinds[kind].parameters.every(({ name, always }) => !always || params.has(name))
}

function checkFormKind(kind: string): void {
  const { body } = getKind(kind)
  if (body !== 'form' && body !== 'query') throw new TypeError(`A webhook of kind "${kind}" has no form parameters`)
}
