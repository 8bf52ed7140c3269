import type { Tokens } from '../checks/secrets.ts'
import type { Awaitable } from '../checks/time-limit.ts'
import type { Accepted, Mode, Rejected, Verdict, WebhookParams } from '../verdict.ts'

/** Header fields as frameworks hand them over: a web `Headers`, or a record in any letter case. */
export type HeaderSource = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** Something read the stream before us and kept no bytes: what, and what its user should do about it. A stream may throw one. */
export interface BodyConsumed {
  readonly consumedBy: string
  readonly fix: string
}

/**
 * A stream that calls back, as those of Node.js do. The adapters for it use this: reading through an async iterator takes longer
 * than the check itself.
 */
export interface PushedBody {
  /**
   * Gives each chunk, and at the end whether the body was whole. Returns what stops it and leaves the rest unread.
   */
  listen(onChunk: (chunk: Uint8Array) => void, onEnd: (isWhole: boolean) => void): () => void
}

/** A body as adapters hand it over: raw, unparsed. A stream is read here, under the limit. */
export type RawBody = string | Uint8Array | AsyncIterable<Uint8Array> | PushedBody | BodyConsumed

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

// A registered symbol, so that a rule made by one copy of the package works with the other (ESM beside CommonJS).
export const publicUrlRule: unique symbol = Symbol.for('tollgate.publicUrlRule')

/** A rule that `publicUrl` takes in place of a URL. Made by `fromRequest`. */
export interface PublicUrlRule {
  /** A `UrlResolver`. Another copy of the package may have made it. */
  readonly [publicUrlRule]: unknown
}

/** Another answer to a refused request than the default. */
export interface Answer {
  /** 400 or more; anything else is a TypeError, since it would let a refused request look accepted. */
  readonly status: number
  /**
   * Names and values that HTTP allows: Latin-1 text without control characters. Any other is a TypeError. Fields that are the server's
   * to set, such as Content-Length and Connection, are dropped.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

export interface VerifierOptions {
  /**
   * How Twilio reaches this server: scheme, host, port and, where a proxy strips one, path prefix. Several: the one whose host is
   * the Host header's. `fromRequest(…)`: built from the request. Default: the environment's TOLLGATE_PUBLIC_URL; none is a TypeError.
   */
  readonly publicUrl?: string | readonly string[] | PublicUrlRule | undefined
  /** The whole URL that Twilio requested, by your own rule, query included. Wins over `publicUrl`. */
  readonly signedUrl?: ((request: IncomingRequest) => string) | undefined
  /** `'either'` also tries the path with, or without, its last slash, for servers that redirect to index pages. Default `'exact'`. */
  readonly trailingSlash?: 'exact' | 'either' | undefined
  /**
   * One account's Auth Token or, during its rotation, tokens (at most 16); a record from AccountSid to tokens; or a look-up. Default:
   * the environment's TWILIO_AUTH_TOKEN, unless `sharedKeys` is given.
   */
  readonly authToken?: Tokens | Readonly<Record<string, Tokens>> | AuthTokenLookup | undefined
  /** SharedKeys by their id, as a record or a look-up. They verify with HMAC-SHA256 only. */
  readonly sharedKeys?:
    | Readonly<Record<string, SharedKey>>
    | ((keyId: string) => Awaitable<SharedKey | undefined>)
    | undefined
  /** Refuses Auth Token signatures on HTTP requests as `key_not_allowed`, so that no one can downgrade. Default false. */
  readonly sharedKeysOnly?: boolean | undefined
  /** Where the request names an account, only these; others are `account_not_allowed`. Default: any whose key matches. */
  readonly accountSid?: string | readonly string[] | undefined
  /** `'observe'` hands refused requests over as well, marked `ok: false`, for a staged roll-out. Default `'enforce'`. */
  readonly mode?: Mode | undefined
  /** Recognises a delivery that was seen before; `tollgate/replay` has one. Default: none. */
  readonly replay?: ReplayGuard | undefined
  /** The largest body, in bytes; beyond it `body_too_large`. An integer from 0. Default 1,048,576. */
  readonly maxBodyBytes?: number | undefined
  /** How long a key look-up may take, in milliseconds, 1 to 15,000; beyond it `key_lookup_failed`. Default 3,000. */
  readonly lookupTimeoutMs?: number | undefined
  /** Explains refusals during development; `tollgate/diagnose` has one. Default: none. */
  readonly diagnose?: Diagnoser | undefined
  /** For metrics and logs, after each verdict. An exception in it changes nothing. */
  readonly onVerdict?: ((verdict: Verdict, request: IncomingRequest, native: unknown) => void) | undefined
  /**
   * Gives another answer to a refused request; `undefined` keeps the default. Called by adapters, and not asynchronous. If it throws, or
   * its answer is a TypeError, the request is answered 500 and the error is logged.
   */
  readonly onRejected?: ((rejection: Rejected, native: unknown) => Answer | undefined) | undefined
}
