/** Why a request may fail to verify. Written out once more here: the corpus takes nothing from what it judges. */
export const causeIds = [
  'scheme',
  'host',
  'host_case',
  'port',
  'path_prefix',
  'path_encoding',
  'trailing_slash',
  'userinfo',
  'fragment',
  'websocket_scheme',
  'query_missing',
  'query_extra',
  'query_order',
  'query_encoding',
  'query_counted_as_params',
  'params_trimmed',
  'params_blank_dropped',
  'params_repeats_dropped',
  'params_plus_as_space',
  'params_nested',
  'params_null',
  'params_missing',
  'body_reserialized',
  'body_whitespace',
  'body_hash_missing',
  'json_taken_as_form',
  'form_taken_as_json',
  'body_already_parsed',
  'token_of_other_account',
  'token_whitespace',
  'token_quoted',
  'token_is_api_key',
  'token_is_account_sid',
  'shared_key_unconfigured',
  'algorithm',
  'signature_missing',
  'signature_truncated',
  'signature_encoding',
  'not_from_twilio',
] as const

export type CauseId = (typeof causeIds)[number]

/** A request as the application saw it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: string | Uint8Array | { readonly consumedBy: string; readonly fix: string }
  /** What a parser made of the body, of whatever type that is. */
  readonly params?: unknown
  /** The server opens a WebSocket for it. */
  readonly handshake?: true
}

/** The options of the application. */
export interface SeenOptions {
  readonly publicUrl?: string | readonly string[]
  /** Options of `fromRequest`, which then is the public URL. */
  readonly fromRequest?: Readonly<Record<string, unknown>>
  readonly signedUrl?: (request: { readonly url: string }) => string
  readonly authToken?: string | readonly string[] | Readonly<Record<string, string>>
  readonly sharedKeys?: Readonly<Record<string, string>>
  readonly otherTokens?: Readonly<Record<string, string>>
  readonly otherHosts?: readonly string[]
  readonly prefixes?: readonly string[]
}

/** A request of Twilio's that something spoiled between its signing and its verifying. */
export interface SetUp {
  readonly name: string
  /** 'made', or the program that did the damage and its version. */
  readonly origin: string
  /** The webhook, by its id in conformance/data/webhooks.json. */
  readonly webhook: string
  readonly request: SeenRequest
  readonly options: SeenOptions
  /** What happened. Several: explanations of the same size that nobody could tell apart. Empty: nothing did. */
  readonly expected: readonly (readonly CauseId[])[]
  /** What no output may show: keys, the right signature, texts that people wrote. */
  readonly hidden: readonly string[]
}

/** A set-up before the webhook is signed. */
export interface Row {
  readonly name: string
  readonly webhook: string
  readonly expected: readonly CauseId[]
  /** Other explanations of the same size. */
  readonly or?: readonly (readonly CauseId[])[]
}

export function listExpected({ expected, or = [] }: Pick<Row, 'expected' | 'or'>): SetUp['expected'] {
  return [expected, ...or]
}
