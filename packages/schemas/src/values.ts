import type { AlwaysSentName, BatchKind, FormKind, ParameterName, RepeatedName, WebhookKind } from 'tollgate/params'

type Value<K extends WebhookKind, N> = K extends FormKind
  ? N extends RepeatedName<K>
    ? string | string[]
    : string
  : unknown

type Values<K extends WebhookKind> = { readonly [N in AlwaysSentName<K>]: Value<K, N> } & {
  readonly [N in Exclude<ParameterName<K>, AlwaysSentName<K>>]?: Value<K, N>
} & { readonly [name: string]: unknown }

/**
 * A valid webhook of the kind. A parameter that Twilio always sends is a `string`, which may be
 * empty, and any other one may be missing. A name that Tollgate does not know is `unknown`. The
 * fields of JSON are `unknown` too, because only their names are checked; the guards of
 * `tollgate/params` check more. A kind without known parameters is `unknown` as a whole.
 */
export type WebhookValues<K extends WebhookKind> = [AlwaysSentName<K>] extends [never]
  ? unknown
  : K extends BatchKind
    ? Values<K> | readonly Values<K>[]
    : Values<K>

/** What a schema takes: the webhook as an object, or pairs of name and value. */
export type WebhookInput<K extends WebhookKind> = WebhookValues<K> | Iterable<readonly [name: string, value: unknown]>
