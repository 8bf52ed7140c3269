import type { AlgorithmName } from './scheme/algorithms.ts'

/**
 * Form parameters as Twilio sent them (for a GET or a handshake: those of the query), in order. Equal pairs are returned once, since
 * they are signed once. Frozen.
 */
export interface WebhookParams extends Iterable<[string, string]> {
  /** The first value of that name. */
  get(name: string): string | undefined
  /** The distinct values of that name, in order. */
  getAll(name: string): string[]
  has(name: string): boolean
  entries(): IterableIterator<[string, string]>
  /** A new object without a prototype; a name with several values holds an array. */
  toObject(): Record<string, string | string[]>
}

/** What arrived, handed to the application. */
export interface Received {
  readonly params: WebhookParams
  /** The body's bytes as they arrived; empty where there was none. */
  readonly body: Uint8Array
  /** Parses the body as JSON. Throws a SyntaxError where it is none. */
  json(): unknown
}

/** The request was signed by Twilio with one of your keys. */
export interface Accepted extends Received {
  readonly ok: true
  /**
   * A WebSocket handshake. Twilio signs its URL only, alike for every call: bind the stream's `callSid` to a call that a signed
   * webhook named.
   */
  readonly handshake: boolean
  /** What the signature proved besides the URL: the form parameters, the body's bytes, or (`'url'`) nothing more. */
  readonly covers: 'params' | 'body' | 'url'
  /** The account that owns the key that matched, or else the one that the signed parameters or the proven JSON name. */
  readonly accountSid: string | undefined
  readonly matched: {
    readonly key:
      | {
          readonly kind: 'auth_token' /** Which of the account's tokens, in the order given. */
          readonly index: number
        }
      | { readonly kind: 'shared_key'; readonly id: string }
    readonly algorithm: AlgorithmName
    /** The spelling of the URL that was signed, query included. */
    readonly url: string
  }
  /** Whether the replay guard has seen this delivery before; `false` without a guard. */
  readonly replayed: boolean | 'unknown'
  /** Says that the work failed, so that the replay guard lets a retry of this delivery pass. */
  release(): Promise<void>
}

/** The request did not verify. */
export interface Rejected {
  readonly ok: false
  readonly code: RejectionCode
  /** The HTTP status that answers it. */
  readonly status: number
  /** For your logs, never for the caller. Holds no token, no expected signature and no parameter. */
  readonly message: string
  /** The URL forms that were tried, without their queries. */
  readonly tried: readonly string[]
}

/**
 * In `observe` mode: the request did not verify, and the handler gets it all the same. Proven by nothing, so that what `Accepted` says
 * of the proof is `undefined` here.
 */
export interface Observed extends Received, Rejected {
  readonly handshake?: undefined
  readonly covers?: undefined
  readonly accountSid?: undefined
  readonly matched?: undefined
  readonly replayed?: undefined
  /** Does nothing, for nothing was reserved. */
  release(): Promise<void>
}

export type Verdict = Accepted | Rejected | Observed

export type Mode = 'enforce' | 'observe'

/** What a handler is given: in `observe` mode it may be a request that did not verify. */
export type Webhook<M extends Mode = 'enforce'> = M extends 'observe' ? Accepted | Observed : Accepted

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
  | 'replayed'
  | 'replay_store_failed'

interface RejectionRow {
  readonly status: 403 | 413 | 415 | 500 | 503
  readonly message: string
}

/** Every way to be refused: a new one is a new row here. The status answers the request, the message is for your logs. */
export const rejections: Readonly<Record<RejectionCode, RejectionRow>> = {
  method_not_allowed: row(403, 'The signature does not cover the method, so only GET and POST are accepted.'),
  signature_missing: row(403, 'X-Twilio-Signature is missing: not from Twilio, or a proxy dropped it.'),
  signature_malformed: row(403, 'X-Twilio-Signature is not one Base64 text of 20 (SHA-1) or 32 (SHA-256) bytes.'),
  signature_settings_malformed: row(403, 'X-Twilio-Webhooks-Signature-Settings is not one "key=...,algorithm=...".'),
  algorithm_unsupported: row(403, 'The signature settings name an algorithm that no SharedKey uses.'),
  key_not_allowed: row(403, 'An Auth Token signed, and "sharedKeysOnly" is set.'),
  url_not_allowed: row(403, 'The public URL is not clear, or its host is not allowed.'),
  content_encoding_unsupported: row(415, 'The body is compressed; those of Twilio are not.'),
  body_too_large: row(413, 'The body exceeds "maxBodyBytes".'),
  body_already_consumed: row(500, 'Something read the body before Tollgate did.'),
  body_malformed: row(403, 'The form has invalid escapes or UTF-8, or too many pairs, or broke off.'),
  body_unsigned: row(403, 'The signature does not cover this body.'),
  body_hash_mismatch: row(403, 'bodySHA256 in the URL is malformed or is not the hash of this body.'),
  key_unknown: row(403, 'No key is given for that account or SharedKey id.'),
  key_lookup_failed: row(503, 'The key look-up failed or gave nothing usable in time.'),
  signature_mismatch: row(403, 'No allowed key makes this signature for any form of the URL.'),
  account_not_allowed: row(403, 'The account is not allowed, or is not the one that signed.'),
  replayed: row(403, 'This delivery came before.'),
  replay_store_failed: row(503, 'The replay store failed.'),
}

function row(status: RejectionRow['status'], message: string): RejectionRow {
  return { status, message }
}

/**
 * Makes a rejection. A step of the verifier returns it instead of its result; it is never thrown.
 * @param detail a sentence for the logs, after the message of the code; nothing secret
 */
export function reject(code: RejectionCode, detail?: string, tried: readonly string[] = []): Rejected {
  const { status, message } = rejections[code]
  const text = detail === undefined ? message : `${message} ${detail}`
  return { ok: false, code, status, message: `${text} See docs/codes/${code}.md`, tried }
}

/** By a property: a rule of `fromRequest` may have been made by another copy of the package (ESM beside CommonJS). */
export function isRejected(result: unknown): result is Rejected {
  return Object(result).ok === false
}
