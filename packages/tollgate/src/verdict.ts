import type { AlgorithmName } from './hmac/algorithms.ts'

/**
 * The parameters of a webhook as Twilio sent them, in order: those of the form, or those of the
 * query for a GET and a handshake. Equal pairs are returned once, because they are signed once.
 * Frozen.
 */
export interface WebhookParams extends Iterable<[string, string]> {
  /**
   * Returns the first value of a name, `undefined` if the request has no such parameter.
   * @param name The parameter, in Twilio's spelling: letter case matters.
   */
  get(name: string): string | undefined
  /**
   * Returns the distinct values of a name in order, none if the request has no such parameter.
   * @param name The parameter, in Twilio's spelling: letter case matters.
   */
  getAll(name: string): string[]
  /**
   * True if the name is there, also with an empty value.
   * @param name The parameter, in Twilio's spelling: letter case matters.
   */
  has(name: string): boolean
  /** Iterates over the distinct pairs, in order. */
  entries(): IterableIterator<[string, string]>
  /** Returns a new object without a prototype. A name with several values has an array. */
  toObject(): Record<string, string | string[]>
}

/** The content of a request, for the application. */
export interface Received {
  readonly params: WebhookParams
  /** The bytes of the body as they arrived, empty if there was no body. */
  readonly body: Uint8Array
  /**
   * Parses the body as JSON.
   * @throws SyntaxError if it is not JSON.
   */
  json(): unknown
}

/** The verdict for a request that Twilio signed with one of your keys. */
export interface Accepted extends Received {
  readonly ok: true
  /** Which signature was checked. SendGrid's verdicts have `'sendgrid'`. */
  readonly scheme: 'twilio'
  /**
   * True for a WebSocket handshake. Twilio signs only its URL, in the same way for every call, so
   * check that a signed webhook named the stream's `callSid`.
   */
  readonly handshake: boolean
  /**
   * The part that the signature proves besides the URL: the form parameters, the bytes of the body,
   * or nothing more (`'url'`).
   */
  readonly covers: 'params' | 'body' | 'url'
  /**
   * The account that owns the matching key, if that is known: the name of a record's entry, the
   * `accountSid` of a look-up's answer or of a SharedKey. If the option `authToken` is one
   * account's token, the one account that the proven parameters or the proven JSON body name.
   *
   * `undefined` for a look-up that gives only a token, and for a SharedKey without an owner: who
   * knows such a key can sign a request that names any account.
   */
  readonly accountSid: string | undefined
  /** The key, the algorithm and the URL that matched. */
  readonly matched: {
    readonly key:
      | {
          readonly kind: 'auth_token' /** Which of the account's tokens, in the order given. */
          readonly index: number
        }
      | { readonly kind: 'shared_key'; readonly id: string }
    readonly algorithm: AlgorithmName
    /** The URL in the spelling that was signed, with its query. */
    readonly url: string
  }
  /**
   * The answer of the replay guard: `'repeated'` if this delivery arrived before, `'unknown'` if
   * the guard cannot tell, because its store is full or because such requests repeat (handshakes).
   * `undefined` without a guard.
   */
  readonly delivery: 'first' | 'repeated' | 'unknown' | undefined
  /**
   * Reports that your work succeeded: from now on the replay guard recognises this delivery. Call
   * it if you set `reportsOutcome`. Adapters call it after a successful answer. After `release()`
   * it does nothing.
   */
  confirm(): Promise<void>
  /** Call it if your work failed: the replay guard then accepts a retry of this delivery. */
  release(): Promise<void>
}

/** The verdict for a request that did not verify. */
export interface Rejected {
  readonly ok: false
  readonly code: RejectionCode
  /**
   * The reason within the code, for code that decides: messages may change. The code itself if it
   * has one reason. `undefined` if the verifier is not one of Tollgate's schemes.
   */
  readonly reason?: RejectionReason | undefined
  /** The HTTP status for the answer. */
  readonly status: number
  /**
   * For your logs, never for the sender. It holds no token, no expected signature and no parameter.
   */
  readonly message: string
  /** The URL forms that were tried, without their queries. */
  readonly tried: readonly string[]
  /** Which signature was checked. `undefined` if the verifier is not one of Tollgate's schemes. */
  readonly scheme?: string | undefined
  /**
   * The error of your look-up or replay store, for `key_lookup_failed` and `replay_store_failed`,
   * and the `BodyConsumed` for `body_already_consumed`. It may hold a secret: keep it out of
   * answers. It is not enumerable, so `JSON.stringify` and copies with `...` leave it out. Default:
   * none.
   */
  readonly cause?: unknown
}

/**
 * The verdict in `observe` mode for a request that did not verify. The handler still gets the
 * request. Nothing of it is proven, so the properties of `Accepted` about the proof are
 * `undefined`.
 */
export interface Observed extends Received, Rejected {
  readonly scheme: 'twilio'
  readonly handshake?: undefined
  readonly covers?: undefined
  readonly accountSid?: undefined
  readonly matched?: undefined
  readonly delivery?: undefined
  /** Does nothing, because nothing was reserved. */
  confirm(): Promise<void>
  /** Does nothing, because nothing was reserved. */
  release(): Promise<void>
}

/** The result of a check. */
export type Verdict = Accepted | Rejected | Observed

/** The `mode` option. */
export type Mode = 'enforce' | 'observe'

/**
 * The part of a verdict that every scheme has, for a request that the application gets: Twilio's,
 * SendGrid's, or that of a verifier of your own.
 */
export interface AnyWebhook extends Omit<Received, 'params'> {
  readonly ok: boolean
  /** The parameters, if the scheme has some. Adapters make `req.body` of them. */
  readonly params?: WebhookParams | undefined
  /** The scheme of the signature. Default: a verifier of your own. */
  readonly scheme?: string | undefined
  readonly covers?: string | undefined
  /** Reports to a replay guard that the work succeeded. Default: nothing waits for it. */
  confirm?(): Promise<void>
  release(): Promise<void>
}

/** The key that made a signature, of any scheme: its kind, and its position, id or name. */
export interface AnyKey {
  readonly kind: string
  readonly index?: number
  readonly id?: string
  readonly name?: string
}

/** The part of an accepted verdict that every scheme of Tollgate has. */
export interface AnyAccepted extends AnyWebhook, Pick<Accepted, 'ok' | 'covers' | 'delivery' | 'confirm' | 'release'> {
  readonly ok: true
  /** The name of the scheme, such as `'twilio'`. */
  readonly scheme: string
  readonly covers: Accepted['covers']
  confirm(): Promise<void>
  /** The account that owns the key, if the scheme has accounts and this one is known. */
  readonly accountSid?: string | undefined
  /** True for a WebSocket handshake. Default: the scheme has none. */
  readonly handshake?: boolean
  /** True if the request was signed long ago. Default: the scheme signs no time. */
  readonly stale?: boolean
  readonly matched: {
    readonly key: AnyKey
    readonly algorithm: string
    /** The URL that was signed. `undefined` if the scheme signs none. */
    readonly url?: string
  }
}

/** A verdict of any scheme. One without `release` is a rejection. */
export type AnyVerdict = AnyWebhook | Rejected

/** The option `mode`, or a verifier. It decides the type of the webhook that a handler gets. */
export type WebhookSource = Mode | { verify(request: never, native?: unknown): Promise<AnyVerdict> }

/**
 * The verdict that a handler gets. In `observe` mode the request may not have verified. With the
 * option `verifier` it is that verifier's.
 */
export type Webhook<S extends WebhookSource = 'enforce'> = S extends Mode
  ? S extends 'observe'
    ? Accepted | Observed
    : Accepted
  : S extends { verify(...args: never): Promise<infer V> }
    ? Extract<V, AnyWebhook>
    : never

/** Why a request was refused. Each code has a page, docs/codes/CODE.md. */
export type RejectionCode =
  | 'method_not_allowed'
  | 'signature_missing'
  | 'signature_malformed'
  | 'signature_settings_malformed'
  | 'algorithm_unsupported'
  | 'key_not_allowed'
  | 'url_not_allowed'
  | 'content_encoding_unsupported'
  | 'body_too_large'
  | 'body_already_consumed'
  | 'body_malformed'
  | 'body_unsigned'
  | 'body_hash_mismatch'
  | 'key_unknown'
  | 'key_lookup_failed'
  | 'signature_mismatch'
  | 'account_not_allowed'
  | 'params_misshapen'
  | 'stale'
  | 'replayed'
  | 'replay_pending'
  | 'replay_store_failed'

/** Why a request was refused, where a code has several reasons. */
type FineReason =
  | 'method_unlisted'
  | 'upgrade_missing'
  | 'target_malformed'
  | 'query_too_long'
  | 'host_malformed'
  | 'host_unlisted'
  | 'host_refused'
  | 'forwarding_untrusted'
  | 'forwarding_malformed'
  | 'signed_url_threw'
  | 'signed_url_malformed'
  | 'server_limit'
  | 'body_parsed'
  | 'body_not_bytes'
  | 'body_unfinished'
  | 'body_cut'
  | 'auth_token_missing'
  | 'account_malformed'
  | 'account_unnamed'
  | 'account_unfound'
  | 'shared_key_unknown'
  | 'lookup_threw'
  | 'lookup_late'
  | 'lookup_unusable'

/** The reasons that only SendGrid's verifier has. */
export type SendGridReason = 'timestamp_missing' | 'timestamp_malformed' | 'body_empty' | 'body_begins_with_digit'

/** The code itself, or which of its reasons. */
export type RejectionReason = RejectionCode | FineReason | SendGridReason

interface RejectionRow {
  readonly status: 403 | 413 | 415 | 500 | 503
  readonly message: string
  /** The address of its page, or the file. */
  readonly page: string
}

// Without a slash at its end. `npm run release -- --prepare` writes it here, from release.json.
const homePage: string = ''

/**
 * Names the page of a code. An address can be opened from everywhere. The file is there only if the
 * process runs in the folder that has `node_modules`, so not in a workspace, with Plug'n'Play or
 * behind `npx`.
 * @param home The address of the documentation. Empty: names the file where npm installs it.
 */
export function namePage(code: RejectionCode, home: string = homePage): string {
  return home === '' ? `node_modules/tollgate/docs/codes/${code}.md` : `${home}/codes/${code}.html`
}

/** The table of rejections. The status is for the answer, the message for your logs. */
export const rejections: Readonly<Record<RejectionCode, RejectionRow>> = addPages({
  method_not_allowed: ['The method is not allowed.'],
  signature_missing: ['X-Twilio-Signature is missing: dropped by a proxy, or off in a webhook Setting.'],
  signature_malformed: ['X-Twilio-Signature is not one Base64 text of the right length.'],
  signature_settings_malformed: ['The SharedKey headers are malformed.'],
  algorithm_unsupported: ['No SharedKey has this algorithm.'],
  key_not_allowed: ['"sharedKeysOnly" refuses Auth Tokens.'],
  url_not_allowed: ['The public URL is unclear or not allowed.'],
  content_encoding_unsupported: ['The body is compressed.', 415],
  body_too_large: ['The body exceeds "maxBodyBytes".', 413],
  body_already_consumed: ['Something else has read the body.', 500],
  body_malformed: ['The body is not as it was sent, or is a malformed form.'],
  body_unsigned: ['The signature does not cover this body.'],
  body_hash_mismatch: ['bodySHA256 is not that of this body.'],
  key_unknown: ['No key is given for that account or SharedKey id.'],
  key_lookup_failed: ['The look-up of a key or host failed.', 503],
  signature_mismatch: ['No key makes this signature for any URL form.'],
  account_not_allowed: ['The account is not allowed, or another one signed.'],
  params_misshapen: ['"checkParams" refuses it.'],
  stale: ['This delivery is too old.'],
  replayed: ['This delivery arrived before.'],
  replay_pending: ['A copy is pending.', 503],
  replay_store_failed: ['The replay store failed.', 503],
})

function addPages(
  rows: Readonly<Record<RejectionCode, readonly [message: string, status?: RejectionRow['status']]>>,
): Readonly<Record<RejectionCode, RejectionRow>> {
  const pages = Object.entries(rows).map(([code, [message, status = 403]]) => [
    code,
    { status, message, page: namePage(code as RejectionCode) },
  ])
  return Object.fromEntries(pages)
}

/** The reasons of codes that have several, each with its sentence after the message of the code. */
const reasons: Readonly<Record<FineReason, readonly [code: RejectionCode, message?: string]>> = {
  method_unlisted: ['method_not_allowed', '"methods" does not list it.'],
  upgrade_missing: ['method_not_allowed', 'The request does not ask for a WebSocket.'],
  target_malformed: ['url_not_allowed', 'The request target is malformed.'],
  query_too_long: ['url_not_allowed', 'Too many pairs.'],
  host_malformed: ['url_not_allowed', 'The Host header is missing or malformed.'],
  host_unlisted: ['url_not_allowed', 'No "publicUrl" has the host of the request.'],
  host_refused: ['url_not_allowed', '"allowedHosts" refuses the host of the request.'],
  forwarding_untrusted: ['url_not_allowed', 'Forwarding headers came from a peer outside "trustedProxies".'],
  forwarding_malformed: ['url_not_allowed', 'A forwarding header is missing or malformed.'],
  signed_url_threw: ['url_not_allowed', '"signedUrl" threw.'],
  signed_url_malformed: ['url_not_allowed', '"signedUrl" is not an http or https URL.'],
  server_limit: ['body_too_large', 'Or the server limit.'],
  body_parsed: ['body_already_consumed'],
  body_not_bytes: ['body_already_consumed', 'Pass the raw body.'],
  body_unfinished: ['body_malformed', 'The connection ended before the body did.'],
  body_cut: ['body_malformed'],
  auth_token_missing: ['key_unknown', 'Only "sharedKeys" is given.'],
  account_malformed: ['key_unknown', 'The AccountSid is not "AC" and 32 hex digits.'],
  account_unnamed: ['key_unknown'],
  account_unfound: ['key_unknown'],
  shared_key_unknown: ['key_unknown', 'No SharedKey has that id.'],
  lookup_threw: ['key_lookup_failed'],
  lookup_late: ['key_lookup_failed'],
  lookup_unusable: ['key_lookup_failed'],
}

/**
 * Makes a rejection. A step of the verifier returns it instead of its result and never throws it.
 * @param reason The code, or which of its reasons.
 * @param detail A sentence for the logs, after the message of the reason. Nothing secret.
 * @param tried The URL forms that were tried.
 */
export function reject(reason: RejectionCode | FineReason, detail?: string, tried?: readonly string[]): Rejected {
  const [code, more] = reasons[reason as FineReason] ?? [reason as RejectionCode]
  let { message } = rejections[code]
  if (more !== undefined) message += ` ${more}`
  if (detail !== undefined) message += ` ${detail}`
  return rejectAs(code, reason, message, tried)
}

/** Makes a rejection with a message of its own, of one sentence or more. */
export function rejectAs(
  code: RejectionCode,
  reason: RejectionReason,
  message: string,
  tried: readonly string[] = [],
): Rejected {
  const { status, page } = rejections[code]
  return { ok: false, code, reason, status, message: `${message} See ${page}`, tried }
}

/** Returns the message of a rejection without the page of its code, for a report that links it. */
export function omitPage({ code, message }: Pick<Rejected, 'code' | 'message'>): string {
  const end = ` See ${rejections[code]?.page}`
  return message.endsWith(end) ? message.slice(0, -end.length) : message
}

/** Adds the error that led to a rejection. Like that of an Error, it is not enumerable. */
export function addCause<T extends Rejected>(rejection: T, cause: unknown): T {
  return Object.defineProperty(rejection, 'cause', { value: cause })
}

/**
 * True for a rejection, also for one that another copy of the package made (ESM beside CommonJS).
 */
export function isRejected(result: unknown): result is Rejected {
  return Object(result).ok === false && Object.hasOwn(result as Rejected, 'ok')
}
