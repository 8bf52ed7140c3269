import { createSignatureChecker } from '#ecdsa'
import { encodeUtf8, parseJsonBody } from '../../bytes.ts'
import { hasMethod, readOptions } from '../../checks/options.ts'
import { isBytes } from '../../checks/runtime.ts'
import { isRejected, type Rejected, type RejectionCode, type RejectionReason, rejectAs } from '../../verdict.ts'
import { borrowBody, toJsonParser } from '../../verify/body.ts'
import { type Head, type HeaderReader, readSingle } from '../../verify/head.ts'
import type { Outcome, Proof, SchemeCheck, UnprovenRequest } from '../../verify/steps.ts'
import type { Diagnoser, IncomingRequest, PushedBody, ReplayGuard, Verifier } from '../../verify/types.ts'
import { createVerifierOf } from '../../verify/verifier.ts'
import { hashBody } from '../twilio/sign/signature.ts'
import type { SendGridEvent } from './events.ts'
import { type ParsedKey, parsePublicKeys, type SendGridKey, type SendGridPublicKeys } from './public-key.ts'
import { type EcdsaSignature, isTimestamp, parseSignature, signatureHeader, timestampHeader } from './signature.ts'

/** Options of `createSendGridVerifier`. Unknown options are a TypeError. */
export interface SendGridVerifierOptions {
  /**
   * The public key that SendGrid shows for the webhook: SPKI in Base64 or PEM, also with escaped
   * line ends. Several are tried in their order, at most 16; with a record or a Map, the verdict
   * has the name of the one that signed. Default: SENDGRID_WEBHOOK_PUBLIC_KEY of the environment;
   * without it a TypeError.
   */
  readonly publicKey?: SendGridPublicKeys | undefined
  /**
   * The age in seconds from which a request is `stale`, an integer from 1 to 31,536,000 (a year).
   * Default 300.
   */
  readonly maxAgeSeconds?: number | undefined
  /**
   * `'mark'` sets `stale: true` in the verdict. `'reject'` refuses the request as `stale` (403).
   * SendGrid retries for 24 hours, and does not document whether it signs a retry again. Default
   * `'mark'`.
   */
  readonly whenStale?: 'mark' | 'reject' | undefined
  /**
   * The largest body in bytes, an integer from 0. A larger body is `body_too_large`. Default
   * 1,048,576. Inbound Parse needs 33,554,432: its mails have up to 30 MB before they are framed.
   */
  readonly maxBodyBytes?: number | undefined
  /**
   * Recognises deliveries that arrived before: see `tollgate/replay`. Default: none.
   * @see docs/replay.md
   */
  readonly replay?: ReplayGuard | undefined
  /**
   * Called after each verdict, for metrics and logs. Errors in it are ignored. Default: none.
   * @see docs/rolling-out.md
   */
  readonly onVerdict?: ((verdict: SendGridVerdict, request: IncomingRequest, native: unknown) => void) | undefined
  /**
   * Explains rejections during development: `diagnoseSendGrid` of `tollgate/diagnose`. Default:
   * none.
   */
  readonly diagnose?: Diagnoser<SendGridVerifierOptions> | undefined
}

/** The verdict for a request that SendGrid signed with one of your keys. */
export interface SendGridAccepted {
  readonly ok: true
  readonly scheme: 'sendgrid'
  /** The signature proves the timestamp and the body, and no URL. */
  readonly covers: 'body'
  /**
   * The events of the Event Webhook. Empty if the body is not a JSON array, as for Inbound Parse.
   */
  readonly events: readonly SendGridEvent[]
  /** The bytes of the body as they arrived. */
  readonly body: Uint8Array
  /**
   * Parses the body as JSON.
   * @throws SyntaxError if it is not JSON.
   */
  json(): unknown
  /** When SendGrid signed the request. */
  readonly signedAt: Date
  /** True if it was signed more than `maxAgeSeconds` ago. A time in the future is never stale. */
  readonly stale: boolean
  readonly matched: { readonly key: SendGridKey; readonly algorithm: 'ECDSA' }
  /**
   * The answer of the replay guard: `'repeated'` if this delivery arrived before, `'unknown'` if
   * the guard cannot tell, for example because its store is full. `undefined` without a guard.
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

/** The result of a check. */
export type SendGridVerdict = SendGridAccepted | Rejected

/**
 * Verifies requests of SendGrid, of which the URL is not signed. Adapters take one as the option
 * `verifier`.
 */
export type SendGridVerifier = Verifier<SendGridVerdict>

type SignatureChecker = ReturnType<typeof createSignatureChecker>

interface Settings {
  readonly given: SendGridVerifierOptions
  readonly keys: readonly ParsedKey[]
  readonly startCheck: SignatureChecker
  readonly maxAgeMs: number
  readonly refusesStale: boolean
  readonly maxBodyBytes: number
}

/** The options of `createSendGridVerifier`. */
export const sendGridVerifierOptions = {
  publicKey: { type: 'other' },
  maxAgeSeconds: { type: 'integer', least: 1, most: 31_536_000, default: 300 },
  whenStale: { type: 'choice', choices: ['mark', 'reject'], default: 'mark' },
  maxBodyBytes: { type: 'integer', least: 0, default: 1_048_576 },
  replay: { type: 'object', methods: ['reserve'] },
  onVerdict: { type: 'function' },
  diagnose: { type: 'object', methods: ['explain'] },
} as const

/**
 * Creates a verifier for the Event Webhook and Inbound Parse of Twilio SendGrid. Neither URL nor
 * method is signed, so each route needs its own webhook key.
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 * @throws TypeError or RangeError that names the option, if one is missing, unknown or out of
 *   range.
 */
export function createSendGridVerifier(options: SendGridVerifierOptions = {}): SendGridVerifier {
  return createVerifierOf(sendgridCheck, options)
}

interface SendGridTypes {
  readonly options: SendGridVerifierOptions
  readonly settings: Settings
  readonly claim: Signed
  readonly url: undefined
  readonly content: Content
  readonly webhook: SendGridAccepted
  readonly observed: never
}

/** How a request is checked that SendGrid signed. */
const sendgridCheck: SchemeCheck<SendGridTypes> = {
  name: 'sendgrid',
  hints: {
    advice: 'Compare the public key with the one that SendGrid shows for this webhook.',
    diagnoser: 'diagnoseSendGrid',
  },
  parseOptions,
  readClaim,
  resolveUrl: () => undefined,
  readBody,
  readContent,
  prove,
}

function parseOptions(options: SendGridVerifierOptions): Settings {
  const given = readOptions(options, sendGridVerifierOptions, 'createSendGridVerifier')
  const keys = parsePublicKeys(given.publicKey)
  return {
    given: Object.freeze(given),
    keys,
    startCheck: createSignatureChecker(keys.map(({ spki }) => spki)),
    maxAgeMs: 1000 * given.maxAgeSeconds,
    refusesStale: given.whenStale === 'reject',
    maxBodyBytes: given.maxBodyBytes,
  }
}

/** Checks the method and the age, and reads the headers. */
function readClaim(head: Head, { startCheck, maxAgeMs, refusesStale }: Settings): Signed | Rejected {
  if (head.method !== 'POST' || head.handshake) return refuse('method_not_allowed')
  const signed = readSigned(head.header)
  if (isRejected(signed)) return signed
  const stale = Date.now() - signed.at.getTime() > maxAgeMs
  if (stale && refusesStale) return refuse('stale')
  return { timestamp: encodeUtf8(signed.timestamp), signature: startCheck(signed.signature), at: signed.at, stale }
}

/** Reads the body behind the timestamp, in one buffer. */
async function readBody(
  { timestamp, signature }: Signed,
  body: IncomingRequest['body'],
  header: HeaderReader,
  maxBytes: number,
): Promise<Uint8Array | Rejected> {
  const read = await borrowBody(prepend(timestamp, body, signature), header, maxBytes + timestamp.length)
  return isRejected(read) ? describeUnread(read) : read.subarray(timestamp.length)
}

interface Content {
  readonly body: () => Uint8Array
  readonly rejection: Rejected | undefined
}

function readContent(_head: Head, _source: unknown, _url: undefined, body: Uint8Array): Content {
  return { body: () => body, rejection: findFault(body) }
}

// The signed text has no delimiter, so a digit could move between the timestamp and the body.
// Events begin with `[`, and multipart with `-`.
function findFault([first]: Uint8Array): Rejected | undefined {
  if (first === undefined) return refuse('body_empty')
  return first >= 0x30 && first <= 0x39 ? refuse('body_begins_with_digit') : undefined
}

async function prove({
  settings,
  claim: { timestamp, signature, at: signedAt, stale },
  content,
}: UnprovenRequest<SendGridTypes>): Promise<Proof<SendGridAccepted> | Rejected> {
  const body = content.body()
  // `readBody` has put the timestamp before it, in a buffer that is not the caller's.
  const message = new Uint8Array(body.buffer, body.byteOffset - timestamp.length, timestamp.length + body.length)
  const key = settings.keys[await signature.finish(message)]
  if (key === undefined) return refuse('signature_mismatch')
  return {
    // SendGrid sends a delivery again only if it failed, and then the adapters have released it.
    // The signature is no key, because anyone can change it and keep it valid.
    toDelivery: (native) => ({ key: hashBody(message), handshake: false, neverRepeats: true, native }),
    toWebhook: (outcome) =>
      toAccepted(body, { signedAt, stale, matched: { key: key.id, algorithm: 'ECDSA' } }, outcome),
  }
}

interface Signed {
  readonly timestamp: Uint8Array
  /** The check of the signature, which hashes the body as it is read. */
  readonly signature: ReturnType<SignatureChecker>
  readonly at: Date
  readonly stale: boolean
}

/** Both are claims until the signature matches. */
function readSigned(
  header: HeaderReader,
): { readonly signature: EcdsaSignature; readonly timestamp: string; readonly at: Date } | Rejected {
  const signatureText = readSingle(header, signatureHeader)
  const timestamp = readSingle(header, timestampHeader)
  if (signatureText === undefined || timestamp === undefined)
    return refuse(signatureText === undefined ? 'signature_missing' : 'timestamp_missing')
  const signature = signatureText === null ? undefined : parseSignature(signatureText)
  if (signature === undefined) return refuse('signature_malformed')
  if (timestamp === null || !isTimestamp(timestamp)) return refuse('timestamp_malformed')
  return { signature, timestamp, at: new Date(1000 * Number(timestamp)) }
}

const missing = 'is missing: not from SendGrid, the webhook does not sign, or a proxy dropped it.'

/** The reasons whose messages are about SendGrid. */
const messages = {
  method_not_allowed: ['method_not_allowed', 'SendGrid sends every webhook as POST.'],
  stale: ['stale', 'The timestamp is older than "maxAgeSeconds".'],
  signature_missing: ['signature_missing', `X-Twilio-Email-Event-Webhook-Signature ${missing}`],
  timestamp_missing: ['signature_missing', `X-Twilio-Email-Event-Webhook-Timestamp ${missing}`],
  signature_malformed: [
    'signature_malformed',
    'X-Twilio-Email-Event-Webhook-Signature is not one Base64 text of a DER signature.',
  ],
  timestamp_malformed: [
    'signature_malformed',
    'X-Twilio-Email-Event-Webhook-Timestamp is not one time in seconds, 10 digits.',
  ],
  body_empty: ['body_malformed', 'The body is empty.'],
  body_begins_with_digit: ['body_malformed', 'The body begins with a digit.'],
  body_unfinished: ['body_malformed', 'The connection ended before the body did.'],
  body_too_large: ['body_too_large', 'The body exceeds "maxBodyBytes". Inbound Parse needs 33,554,432.'],
  server_limit: ['body_too_large', 'The body exceeds "maxBodyBytes". Inbound Parse needs 33,554,432.'],
  signature_mismatch: ['signature_mismatch', 'No public key given made this signature of the timestamp and the body.'],
} as const satisfies Partial<Readonly<Record<RejectionReason, readonly [code: RejectionCode, message: string]>>>

function refuse(reason: keyof typeof messages): Rejected {
  const [code, message] = messages[reason]
  return rejectAs(code, reason, message)
}

function describeUnread(rejection: Rejected): Rejected {
  const { reason } = rejection
  const isOurs = reason !== undefined && Object.hasOwn(messages, reason)
  return isOurs ? refuse(reason as keyof typeof messages) : rejection
}

/**
 * Puts the timestamp before the body, as in the signed text, and hashes both as they are read. The
 * reader then copies everything into one buffer of its own: no other code can change it, and it
 * needs no other copy.
 */
function prepend(
  timestamp: Uint8Array,
  body: unknown,
  signature: ReturnType<SignatureChecker>,
): IncomingRequest['body'] {
  const take = (chunk: unknown): Uint8Array => {
    const bytes = typeof chunk === 'string' ? encodeUtf8(chunk) : chunk
    // The reader refuses anything but bytes.
    if (isBytes(bytes)) signature.update(bytes)
    return bytes as Uint8Array
  }
  if (body === undefined || body === null || typeof body === 'string' || isBytes(body))
    return {
      listen(onChunk, onEnd) {
        onChunk(take(timestamp))
        onChunk(take(body ?? ''))
        onEnd(true)
        return () => undefined
      },
    }
  if (Symbol.asyncIterator in Object(body)) return prependToStream(timestamp, body as AsyncIterable<unknown>, take)
  if (!hasMethod(body, 'listen')) return body as IncomingRequest['body']
  return {
    listen(onChunk, onEnd) {
      onChunk(take(timestamp))
      return (body as PushedBody).listen((chunk) => onChunk(take(chunk)), onEnd)
    },
  }
}

async function* prependToStream(
  timestamp: Uint8Array,
  body: AsyncIterable<unknown>,
  take: (chunk: unknown) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield take(timestamp)
  for await (const chunk of body) yield take(chunk)
}

function toAccepted(
  body: Uint8Array,
  proven: Pick<SendGridAccepted, 'signedAt' | 'stale' | 'matched'>,
  outcome: Outcome,
): SendGridAccepted {
  let events: readonly SendGridEvent[] | undefined
  return {
    ok: true,
    scheme: 'sendgrid',
    covers: 'body',
    // Parsed when they are first read, and a mail never.
    get events() {
      events ??= readEvents(body)
      return events
    },
    body,
    json: toJsonParser(() => body),
    ...proven,
    ...outcome,
  }
}

function readEvents(body: Uint8Array): readonly SendGridEvent[] {
  const events = body[0] === 0x5b ? parseJsonBody(body) : undefined // A mail is not decoded.
  return (events ?? []) as readonly SendGridEvent[]
}
