import type { Params } from '../scheme/signing-string.ts'
import type { Verdict } from '../verdict.ts'
import type { IncomingRequest } from '../verify/types.ts'

/** Everything that can come between Twilio's signing and this server's verifying. Each has its section in the docs. */
export type CauseId =
  | 'scheme'
  | 'host'
  | 'host_case'
  | 'port'
  | 'path_prefix'
  | 'path_encoding'
  | 'trailing_slash'
  | 'userinfo'
  | 'fragment'
  | 'websocket_scheme'
  | 'query_missing'
  | 'query_extra'
  | 'query_order'
  | 'query_encoding'
  | 'query_counted_as_params'
  | 'params_trimmed'
  | 'params_blank_dropped'
  | 'params_repeats_dropped'
  | 'params_plus_as_space'
  | 'params_nested'
  | 'params_null'
  | 'params_missing'
  | 'body_reserialized'
  | 'body_whitespace'
  | 'body_hash_missing'
  | 'json_taken_as_form'
  | 'form_taken_as_json'
  | 'body_already_parsed'
  | 'token_of_other_account'
  | 'token_whitespace'
  | 'token_quoted'
  | 'token_is_api_key'
  | 'token_is_account_sid'
  | 'shared_key_unconfigured'
  | 'algorithm'
  | 'signature_missing'
  | 'signature_truncated'
  | 'signature_encoding'
  | 'not_from_twilio'

export interface Cause {
  readonly id: CauseId
  /** What was seen in this request. Holds no token, no expected signature and no message text. */
  readonly detail: string
  /** What to do about it, in one line; in the words of `framework` where that is known. */
  readonly fix: string
}

export type DiagnosableRequest = IncomingRequest & {
  /** What a framework's parser made of the body, where the bytes are lost. */
  readonly params?: Params | undefined
}

export interface DiagnoseOptions {
  /** Auth Tokens (or SharedKey secrets) that may have signed, by a name of your own, which is shown; they never are. */
  readonly otherTokens?: Readonly<Record<string, string>> | undefined
  /** Hosts, with or without a port, under which this server is or was reachable. */
  readonly otherHosts?: readonly string[] | undefined
  /** Path prefixes that a proxy or a platform may have stripped or added, such as `/functions/v1`. */
  readonly prefixes?: readonly string[] | undefined
  /**
   * The most HMACs that are computed, an integer from 1 to 1,000,000. Default 20,000; fewer where the request is large, and for
   * causes that hardly ever go together.
   */
  readonly maxTries?: number | undefined
  /** The framework or platform, such as `'express'` or `'lambda'`: fixes are then given in its words. */
  readonly framework?: string | undefined
}

export interface SigningPart {
  /** As it was joined. Values that may hold what people wrote, and secrets, are replaced by their length. */
  readonly text: string
  readonly from: 'url' | 'name' | 'value'
}

export interface Diagnosis {
  readonly verdict: Verdict
  /** Undoing exactly these makes the signature match. Absent where nothing was found, and for an accepted request. */
  readonly proven?: { readonly causes: readonly Cause[]; readonly signedUrl: string }
  /** Where nothing is proven: what the request and the options give away, likeliest first. */
  readonly suspected: readonly Cause[]
  /** What was signed: under the proven causes, or else as this server sees the request. */
  readonly signingString: readonly SigningPart[]
  /** The spellings of the URL that the verifier tries. */
  readonly urlForms: readonly { readonly url: string; readonly why: string }[]
  /** How many HMACs were computed. */
  readonly tried: number
}
