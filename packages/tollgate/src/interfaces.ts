import type { Tokens } from './auth-token.ts'
import type { VerifierOptions } from './options.ts'
import type { BodyConsumed, PushedBody, RawBody } from './request/body.ts'
import type { HeaderSource } from './request/headers.ts'
import type { Accepted, Rejected, WebhookParams } from './verdict.ts'

export type Awaitable<T> = T | PromiseLike<T>

export type { BodyConsumed, PushedBody }

/** A request as it arrived. Hostile until a verdict says otherwise. */
export interface IncomingRequest {
  readonly method: string
  /** The raw request target (`/sms?x=1`) or an absolute URL, of which path and query count. Never decoded or re-encoded. */
  readonly url: string
  readonly headers: HeaderSource
  /** Raw and unparsed. A stream is read by the verifier, under its limit. */
  readonly body?: RawBody | undefined
  /**
   * The server treats this request as a WebSocket handshake (Media Streams, ConversationRelay). Take it from the server (its
   * `upgrade` event, a route that opens sockets), never from the headers: `sharedKeysOnly`, the methods allowed and the replay guard
   * do not apply to handshakes. One that lacks the upgrade headers is `method_not_allowed`, one with a body `body_unsigned`.
   * Without this, upgrade headers mean nothing. Default false.
   */
  readonly handshake?: boolean | undefined
  /**
   * The platform spelled the query anew. `true`: all its spaces as `+` and as `%20` are tried too. A function: the spellings that it
   * gives for a query, each with its `?`. All within the limit of 12 URL forms.
   */
  readonly urlIsNormalized?: boolean | ((query: string) => readonly string[]) | undefined
  /** Whether the connection itself was TLS. Used by `fromRequest` only. */
  readonly encrypted?: boolean | undefined
  /** The peer's address of the connection itself. Used by `fromRequest` only. */
  readonly remoteAddress?: string | undefined
}

/** What a request claims before anything is verified: treat all of it as hostile. */
export interface UnverifiedClaim {
  /** The sole distinct AccountSid among the parameters, well-formed. JSON events and handshakes have none. */
  readonly accountSid?: string
  /** The ParentAccountSid parameter of a Debugger event, where it is well-formed. */
  readonly parentAccountSid?: string
  /** The public URL, with its query. */
  readonly url: string
  readonly method: string
}

/** What a look-up gives: tokens of the account that is claimed, or of the one that it names. */
export type FoundTokens = Tokens | { readonly authToken: Tokens; readonly accountSid: string }

/** Finds an account's tokens. Throwing or giving something unusable is `key_lookup_failed`, `undefined` is `key_unknown`. */
export interface AuthTokenLookup {
  /** Tokens of the claimed account; with `accountSid`, tokens of that account, which must then be the one that the request names. */
  (claim: UnverifiedClaim): Awaitable<FoundTokens | undefined>
  /** Asked once after a mismatch: the tokens as they are now, past any cache. `undefined`: nothing newer. */
  refresh?(claim: UnverifiedClaim): Awaitable<FoundTokens | undefined>
  /** Told after a signature matched. */
  verified?(claim: UnverifiedClaim): void
}

/** A SharedKey's secret, used as UTF-8 text, and the account that owns it where requests of others must not use it. */
export type SharedKey = string | { readonly secret: string; readonly accountSid?: string | undefined }

/** Recognises deliveries that were seen before: the `replay` option. `tollgate/replay` has one. */
export interface ReplayGuard {
  /** Reserves a delivery whose signature matched, atomically. Throwing is `replay_store_failed`. */
  reserve(delivery: Delivery): Awaitable<Reservation>
}

/** A verified delivery, as a replay guard sees it. */
export interface Delivery {
  /** What the matched key signed: the same for every copy of one delivery. Holds message text: hash it, never store it. */
  readonly signingString: string
  readonly handshake: boolean
  readonly covers: Accepted['covers']
  readonly params: WebhookParams
  /** As it arrived: a JSON event tells its kind nowhere else. */
  readonly body: Uint8Array
  /** The framework's own request, where an adapter gave one: two checks of one object are one delivery. */
  readonly native?: unknown
}

/** The answer of a replay guard to one delivery. */
export interface Reservation {
  /** True if the delivery was seen before; `'unknown'` if the guard cannot tell. */
  readonly replayed: boolean | 'unknown'
  /** Refuse it as `replayed`. */
  readonly refuse?: boolean | undefined
  /** The work failed: forget the reservation, so that a retry passes. */
  release?(): Awaitable<void>
}

/** What may stand behind the `diagnose` option. */
export interface Diagnoser {
  /** Called after a refusal, never awaited. What it throws is dropped, and it changes no verdict. */
  explain(refused: Refused): Awaitable<void>
}

export interface Refused {
  readonly rejection: Rejected
  /** The request with its body as bytes; without one where it was refused before its body was read. */
  readonly request: IncomingRequest
  readonly options: VerifierOptions
  /** The framework's own request, where an adapter handed one over. */
  readonly native?: unknown
}
