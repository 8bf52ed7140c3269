import type { Awaitable } from '../checks/limits.ts'
import type { Tokens } from '../checks/secrets.ts'
import type { AlgorithmName } from '../hmac/algorithms.ts'
import type { Accepted, AnyVerdict, Mode, Rejected, Verdict, WebhookParams } from '../verdict.ts'

/** Header fields: a web `Headers`, or a record with names in any letter case. */
export type HeaderSource = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A body whose bytes are lost, because something read the stream before Tollgate. A stream may
 * throw it too. The request is refused as `body_already_consumed`.
 */
export interface BodyConsumed {
  /** The code that read the body, for example `express.urlencoded()`. */
  readonly consumedBy: string
  /** How the developer can fix this, as one sentence. */
  readonly fix: string
  /** A parser of JSON and forms, and the fix is an option of it. A parser of multipart has none. */
  readonly isParser?: boolean | undefined
}

/**
 * A stream that calls back, as the streams of Node.js do. The adapters for Node.js use it, because
 * an async iterator takes longer than the whole check.
 */
export interface PushedBody {
  /**
   * Starts reading.
   * @param onChunk Called with each chunk.
   * @param onEnd Called once, at the end. `isWhole` is false if the connection broke.
   * @returns a function that stops reading and leaves the rest unread
   */
  listen(onChunk: (chunk: Uint8Array) => void, onEnd: (isWhole: boolean) => void): () => void
}

/**
 * The body of a request: raw, not parsed. The verifier reads a stream itself, up to `maxBodyBytes`.
 */
export type RawBody = string | Uint8Array | AsyncIterable<Uint8Array> | PushedBody | BodyConsumed

/** A request as it arrived. Do not trust any of it before the verdict. */
export interface IncomingRequest {
  /** In capitals, as HTTP sends it. */
  readonly method: string
  /**
   * The raw request target (`/sms?x=1`), or an absolute URL, of which path and query are used. It
   * must be the bytes that arrived, never decoded or encoded again. If servers could read its path
   * in two ways (a dot segment, a `\`, no `/` at the start or after the host), the request is
   * `url_not_allowed`.
   */
  readonly url: string
  readonly headers: HeaderSource
  /** The raw body. Default: none. */
  readonly body?: RawBody | undefined
  /**
   * True if the server treats this request as a WebSocket handshake (Media Streams,
   * ConversationRelay). Take this from the server, for example from its `upgrade` event, and never
   * from the headers: anyone can send them, and `sharedKeysOnly`, the allowed methods and the
   * replay guard do not apply to handshakes. A handshake without the upgrade headers is
   * `method_not_allowed`, one with a body is `body_unsigned`. Default false: upgrade headers are
   * ignored.
   */
  readonly handshake?: boolean | undefined
  /**
   * True if you call `confirm()` of the verdict when the work succeeded, and `release()` when it
   * failed. A replay guard then keeps the delivery pending until one of them is called, so that a
   * crash in between does not lose it. Adapters set this. Default false: the delivery counts as
   * handled as soon as it has verified.
   */
  readonly reportsOutcome?: boolean | undefined
  /**
   * For platforms that write the query again in their own spelling. `true` also tries all spaces as
   * `+` and all as `%20`. A function returns the spellings to try for a query, each with its `?`.
   * At most 12 URL forms are tried in all. Default false.
   */
  readonly urlIsNormalized?: boolean | ((query: string) => readonly string[]) | undefined
  /** True if the connection itself was TLS. Only `fromRequest` uses it. Default false. */
  readonly encrypted?: boolean | undefined
  /**
   * The address of the connection's peer. Only `fromRequest` uses it. Default: unknown, so no proxy
   * is trusted.
   */
  readonly remoteAddress?: string | undefined
}

/** The claims of a request before it is verified. Anyone can make them. */
export interface UnverifiedClaim {
  /**
   * The AccountSid in the parameters, if exactly one is there. JSON events and handshakes have
   * none.
   */
  readonly accountSid?: string
  /** The ParentAccountSid parameter of a Debugger event, if it is well-formed. */
  readonly parentAccountSid?: string
  /** The public URL, with its query. */
  readonly url: string
  /** The HTTP method, as it arrived. */
  readonly method: string
}

/**
 * The answer of a look-up: tokens, or tokens and the account that owns them. Give the account if
 * you know it: a request that names another is then refused, and the verdict names this one. Tokens
 * alone prove no account, even if the look-up chose them by the claimed one: the `accountSid` of
 * the verdict is `undefined`.
 */
export type FoundTokens = Tokens | { readonly authToken: Tokens; readonly accountSid: string }

/** Finds the Auth Tokens of an account. */
export interface AuthTokenLookup {
  /**
   * Runs before anything is verified.
   * @param claim What the request says of itself. Anyone can write it, so use it only to search.
   * @returns the tokens, preferably with the account that owns them, or `undefined` if there is no
   *   such account (`key_unknown`)
   * @throws anything if the source fails: the request is refused as `key_lookup_failed`. An
   *   unusable answer is refused in the same way.
   */
  (claim: UnverifiedClaim): Awaitable<FoundTokens | undefined>
  /**
   * Called once after a mismatch. Returns the current tokens, not those of a cache, or `undefined`
   * if there are no newer ones.
   * @param claim As before: nothing of it is verified, so limit how often this asks the source.
   */
  refresh?(claim: UnverifiedClaim): Awaitable<FoundTokens | undefined>
  /**
   * Called after a signature matched. Errors are ignored.
   * @param claim The claim of this request. Twilio signs its URL, not its method.
   */
  verified?(claim: UnverifiedClaim): void
}

/**
 * A SharedKey of a webhook rule: its secret, used as UTF-8 text. `accountSid` names the account
 * that owns the key: then requests of other accounts must not use it.
 * https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
 */
export type SharedKey =
  | string
  | {
      readonly secret: string
      readonly accountSid?: string | undefined
      /**
       * The algorithm that this key signs with. A header never changes it. Default `'HMAC_SHA256'`.
       * Keys of Twilio's private beta (`X-Twilio-Signature-Key-Sid`) sign with `'HMAC_SHA1'`.
       */
      readonly algorithm?: AlgorithmName | undefined
    }

/** Recognises deliveries that arrived before. `replayGuard` of `tollgate/replay` creates one. */
export interface ReplayGuard {
  /**
   * Reserves a delivery whose signature matched, in one atomic step.
   * @param delivery The delivery, with the hash that every copy of it has.
   * @throws anything if the store fails: the request is refused as `replay_store_failed`.
   */
  reserve(delivery: Delivery): Awaitable<Reservation>
}

/** A verified delivery, as a replay guard sees it. */
export interface Delivery {
  /**
   * Identifies the delivery: 64 lower-case hex digits, the SHA-256 of what was signed. It is the
   * same for every copy, and it reveals nothing.
   */
  readonly key: string
  /** True for a WebSocket handshake. */
  readonly handshake: boolean
  /**
   * True if the sender never sends the same delivery twice, except to retry a failed one.
   * `undefined` if that depends on the kind of webhook, which `params` or `body` show.
   */
  readonly neverRepeats?: boolean | undefined
  /** The part that the signature proves besides the URL. */
  readonly covers?: Accepted['covers'] | undefined
  readonly params?: WebhookParams | undefined
  /** The body as it arrived. Only the body shows the kind of a JSON event. */
  readonly body?: Uint8Array | undefined
  /**
   * The framework's own request object, if an adapter gave it. Two checks of one object are one
   * delivery.
   */
  readonly native?: unknown
}

/** The answer of a replay guard to one delivery. */
export interface Reservation {
  /** `'repeated'` if the delivery was seen before, `'unknown'` if the guard cannot tell. */
  readonly delivery: 'first' | 'repeated' | 'unknown'
  /**
   * True to refuse the request as `replayed`, `'pending'` to refuse it as `replay_pending` because
   * the work on another copy has not ended. Default false.
   */
  readonly refuse?: boolean | 'pending' | undefined
  /** Makes the reservation last, because the work succeeded. Default: it lasts from the start. */
  confirm?(): Awaitable<void>
  /** Forgets the reservation, because the work failed and a retry must pass. */
  release?(): Awaitable<void>
}

/** Explains rejections. `diagnose` of `tollgate/diagnose` is one. */
export interface Diagnoser<Options = VerifierOptions> {
  /**
   * Called after a rejection. It is not awaited, its errors are ignored, and it never changes a
   * verdict.
   * @param rejected The rejection, with the request that anyone may have sent.
   */
  explain(rejected: RejectedRequest<Options>): Awaitable<void>
  /**
   * Called after an accepted request, so that later explanations know what works. Its errors are
   * ignored.
   * @param verified The verdict, and the request that it is about.
   */
  remember?(verified: VerifiedRequest<Options>): void
}

/** An accepted request, as a diagnoser gets it. */
export interface VerifiedRequest<Options = VerifierOptions> {
  readonly verdict: Pick<Accepted, 'matched' | 'accountSid'>
  readonly request: Pick<IncomingRequest, 'headers'>
  /** The options of the verifier. */
  readonly options: Options
}

/** A rejected request, as a diagnoser gets it. */
export interface RejectedRequest<Options = VerifierOptions> {
  readonly rejection: Rejected
  /**
   * The request with its body as bytes, or without a body if it was rejected before the body was
   * read.
   */
  readonly request: IncomingRequest
  /** The options of the verifier. */
  readonly options: Options
  /** The framework's own request object, if an adapter gave it. */
  readonly native?: unknown
}

/**
 * Marks a rule. It is a registered symbol, so that ESM and CommonJS copies of the package accept
 * each other's rules.
 */
export const publicUrlRule: unique symbol = Symbol.for('tollgate.publicUrlRule')

/** A rule for `publicUrl` instead of a URL. `fromRequest` creates it. */
export interface PublicUrlRule {
  /** A `UrlResolver`. Another copy of the package may have made it. */
  readonly [publicUrlRule]: unknown
}

/** An answer to a refused request, instead of the default answer. */
export interface Answer {
  /** 400 to 599. Anything else is a TypeError, because a refused request must not look accepted. */
  readonly status: number
  /**
   * Header fields: Latin-1 text without control characters, anything else is a TypeError. Fields
   * that the server sets itself, such as Content-Length and Connection, are dropped. Default: none.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Default: empty. */
  readonly body?: string | undefined
}

/** Options of `createVerifier`. Every adapter takes them too. Unknown options are a TypeError. */
export interface VerifierOptions {
  // For everybody.
  /**
   * How Twilio reaches this server: scheme, host, port and, if a proxy strips one, the path prefix.
   * One URL is used for every request, with any Host header. Of a list, even of one, the URL with
   * the host of the Host header is used, and other hosts are `url_not_allowed`: use a list if your
   * routes depend on the host. `fromRequest(…)` builds the URL from the request. Default:
   * TOLLGATE_PUBLIC_URL of the environment; without it a TypeError.
   */
  readonly publicUrl?: string | readonly string[] | PublicUrlRule | undefined
  /**
   * The Auth Token, or a list of tokens during a rotation (at most 16); a record or a Map from
   * AccountSid to tokens; or a look-up. Give a tenant's token in a record or by a look-up, even if
   * it is the only one: a single token is your own, and its holder may name any account. Default:
   * TWILIO_AUTH_TOKEN of the environment, unless `sharedKeys` is given.
   */
  readonly authToken?:
    | Tokens
    | Readonly<Record<string, Tokens>>
    | ReadonlyMap<string, Tokens>
    | AuthTokenLookup
    | undefined
  /**
   * Explains rejections during development: see `tollgate/diagnose`. Default: none.
   * @see docs/diagnosis.md
   */
  readonly diagnose?: Diagnoser | undefined
  // For many.
  /**
   * SharedKeys by their id: a record, a Map or a function. Default: none.
   * @see docs/rotation-and-shared-keys.md
   */
  readonly sharedKeys?:
    | Readonly<Record<string, SharedKey>>
    | ReadonlyMap<string, SharedKey>
    | ((keyId: string) => Awaitable<SharedKey | undefined>)
    | undefined
  /**
   * The accounts that requests may name: an AccountSid or a list. Any other account is refused as
   * `account_not_allowed`, also a subaccount of a listed one. Default: any account whose key
   * matches.
   * @see docs/subaccounts.md
   */
  readonly allowedAccounts?: string | readonly string[] | undefined
  /**
   * Recognises deliveries that arrived before: see `tollgate/replay`. Default: none.
   * @see docs/replay.md
   */
  readonly replay?: ReplayGuard | undefined
  /**
   * `'observe'` passes refused requests to the handler too, marked `ok: false`, for a staged
   * roll-out. Default `'enforce'`.
   * @see docs/rolling-out.md
   */
  readonly mode?: Mode | undefined
  /** Called after each verdict, for metrics and logs. Errors in it are ignored. Default: none. */
  readonly onVerdict?: ((verdict: Verdict, request: IncomingRequest, native: unknown) => void) | undefined
  /**
   * Gives another answer to a refused request, or `undefined` for the default answer. Adapters call
   * it, and it must be synchronous. If it throws, or if its answer is a TypeError, the request is
   * answered with 500 and the error is logged. Default: none.
   * @see docs/rolling-out.md#your-own-logs-and-answers
   */
  readonly onRejected?: ((rejection: Rejected, native: unknown) => Answer | undefined) | undefined
  /**
   * `'either'` also tries the path with or without its last slash, for servers that redirect to the
   * other form. Default `'exact'`.
   */
  readonly trailingSlash?: 'exact' | 'either' | undefined
  // For few.
  /**
   * Your own rule for the whole URL that Twilio requested, with its query. It is used instead of
   * `publicUrl`. If it throws or returns anything but an absolute URL, the request is refused as
   * `url_not_allowed`. Default: none.
   */
  readonly signedUrl?: ((request: IncomingRequest) => string) | undefined
  /**
   * Refuses HTTP requests that an Auth Token signed, as `key_not_allowed`, so that no one can
   * downgrade. Default false.
   */
  readonly sharedKeysOnly?: boolean | undefined
  /**
   * The methods that HTTP requests may have. The signature does not cover the method, so a captured
   * POST also passes as a PUT. Add `'PUT'` if a WhatsApp or RCS sender is set to it. Handshakes are
   * not concerned. Default `['GET', 'POST']`.
   */
  readonly methods?: readonly ('GET' | 'POST' | 'PUT')[] | undefined
  /**
   * Checks the parameters of a form after its signature matched: `hasWebhookShape` of
   * `tollgate/params`. Twilio signs names and values without delimiters, so the sender of an SMS
   * can cut its signed text into other parameters. Unless it returns `true` at once, the request is
   * refused as `params_misshapen`. Default: none.
   * @see docs/parameters.md#parameters-that-were-cut-anew
   */
  readonly checkParams?: ((params: WebhookParams) => boolean) | undefined
  /**
   * The largest body in bytes, an integer from 0. A larger body is `body_too_large`. Default
   * 1,048,576.
   */
  readonly maxBodyBytes?: number | undefined
  /**
   * The time limit of a key look-up, and of a function `allowedHosts`, in milliseconds, an integer
   * from 1 to 15,000. After it the request is `key_lookup_failed`. Default 3,000.
   */
  readonly lookupTimeoutMs?: number | undefined
}

/** What the lines about refused requests say, outside production. */
export interface RefusalHints {
  /** True if the option `diagnose` explains refusals: then there are no other lines. Default false. */
  readonly explains?: boolean | undefined
  /** What to compare after `signature_mismatch`. Default: the message of the rejection. */
  readonly advice?: string | undefined
  /** The function of `tollgate/diagnose` that explains refusals. Default: none. */
  readonly diagnoser?: string | undefined
}

/**
 * Verifies requests with the options that it was created with. Adapters take one as the option
 * `verifier`.
 */
export interface Verifier<V extends AnyVerdict = Verdict> {
  /**
   * Verifies one request. Never throws and never rejects because of what a request contains.
   * @param request The request as it arrived.
   * @param native The framework's own request object. `onVerdict` gets it, and a replay guard
   *   counts two checks of one object as one delivery. Default: none.
   */
  verify(request: IncomingRequest, native?: unknown): Promise<V>
  /**
   * The option `publicUrl`. The option `paths` of an adapter also guards paths with its prefixes.
   * Default: TOLLGATE_PUBLIC_URL of the environment.
   */
  readonly publicUrl?: unknown
  /**
   * False if nothing reserves deliveries, so that an adapter need not report how the work ended.
   * Default true.
   */
  readonly reserves?: boolean | undefined
  /** The `scheme` of its verdicts. Default: the verifier is one of your own. */
  readonly scheme?: string | undefined
  /** The option `onRejected`, for adapters that have none of their own. Default: none. */
  readonly onRejected?: VerifierOptions['onRejected']
  /** For the lines that adapters and the gateway write. Default: those of `RefusalHints`. */
  readonly hints?: RefusalHints | undefined
}
