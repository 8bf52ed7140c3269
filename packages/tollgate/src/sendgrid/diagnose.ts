import { createSignatureChecker } from '#ecdsa'
import { checkNames, pickOptions } from '../checks/options.ts'
import { isBytes, readEnvironment } from '../checks/runtime.ts'
import { createExplainer } from '../diagnose/explain.ts'
import { isBounded, isBoundedJson } from '../diagnose/limits.ts'
import { decodeUtf8, encodeUtf8 } from '../scheme/form.ts'
import { isRejected, type Rejected } from '../verdict.ts'
import { readBody } from '../verify/body.ts'
import { readHeaders, readSingle } from '../verify/head.ts'
import type { Diagnoser, IncomingRequest, RejectedRequest } from '../verify/types.ts'
import { formatEvents } from './events.ts'
import { parsePublicKey, parsePublicKeys } from './public-key.ts'
import {
  decodeBase64,
  encodeBase64,
  formatSignature,
  fromHex,
  isTimestamp,
  joinMessage,
  parseSignature,
  signatureHeader,
  timestampHeader,
} from './signature.ts'
import {
  createSendGridVerifier,
  type SendGridVerdict,
  type SendGridVerifierOptions,
  sendGridVerifierOptions,
} from './verifier.ts'

/** Each cause with its fix. */
const fixes = {
  method: 'Send the webhook as POST, and let no proxy change the method.',
  signature_missing:
    'Turn on "Signature Verification" of the Event Webhook, or the signature of the Security Policy of Inbound Parse. Let every proxy pass both headers on.',
  signature_encoding: 'Pass X-Twilio-Email-Event-Webhook-Signature on unchanged: Base64 of DER, with its padding.',
  signature_truncated: 'Pass X-Twilio-Email-Event-Webhook-Signature on unchanged and complete.',
  timestamp_malformed: 'Pass X-Twilio-Email-Event-Webhook-Timestamp on unchanged: seconds, 10 digits.',
  timestamp_other: 'Take signature, timestamp and body from the same request.',
  timestamp_old: "Check the clock. For retries set `whenStale: 'mark'` or a larger `maxAgeSeconds`.",
  key_other: 'Give the public key that SendGrid shows for this webhook: each has its own.',
  body_already_parsed: 'Let nothing read or parse the body before Tollgate: it needs the bytes that arrived.',
  body_reserialized: 'Verify the bytes that arrived, never JSON.stringify(req.body).',
  body_whitespace: 'Verify the bytes that arrived, untrimmed. The line end at the end is signed too.',
  body_line_ends: 'Verify the bytes that arrived. SendGrid signs \\r\\n between the events.',
  body_decoded: 'Pass the bytes that arrived, not text that was made of them.',
  not_from_sendgrid:
    'If a stranger sent it, do nothing. For your own tests, sign the request with signSendGridRequest of tollgate/testing.',
} as const

/** The id of a cause. */
export type SendGridCauseId = keyof typeof fixes

/** A cause, with what was seen in this request and what to do. Holds no key and no content. */
export interface SendGridCause {
  readonly id: SendGridCauseId
  readonly detail: string
  readonly fix: string
}

/** Options of `diagnoseSendGrid`, beside those of the verifier. */
export interface SendGridDiagnoseOptions {
  /** Public keys of your other webhooks, by a name of yours. Default: none. */
  readonly otherKeys?: Readonly<Record<string, string>> | undefined
  /** The most checks of a signature, an integer from 0 to 10,000. Default 400, about 30 ms. */
  readonly maxTries?: number | undefined
}

/** The options of `diagnoseSendGrid`, beside those of the verifier. */
export const sendGridDiagnoseOptions = {
  otherKeys: { type: 'record' },
  maxTries: { type: 'integer', least: 0, most: 10_000, default: 400 },
} as const

/** The result of a diagnosis. */
export interface SendGridDiagnosis {
  readonly verdict: SendGridVerdict
  /** Undo exactly these causes and the signature matches. Absent if nothing was found. */
  readonly proven?: { readonly causes: readonly SendGridCause[] }
  /** If nothing is proven: causes that the request suggests, most likely first. */
  readonly suspected: readonly SendGridCause[]
  /** The number of signatures that were checked. */
  readonly tried: number
}

interface Found {
  readonly id: SendGridCauseId
  readonly detail: string
}

/** One reading of a part of the request: as it is, or with a cause undone. */
interface Reading<T> {
  readonly value: T
  readonly cause?: Found
}

// Each check hashes the whole body.
const mostBytes = 16 * 1024 * 1024
const triesPerTurn = 50

/**
 * Explains why a request of SendGrid does not verify: it undoes what may have changed the body, the
 * headers or the key until the signature matches. It lets no request in, and it does not ask a
 * replay guard. `request.body` may also be what a parser made of it.
 * @throws TypeError or RangeError, which names the option, for an option that is wrong.
 */
async function diagnoseRequest(
  request: Omit<IncomingRequest, 'body'> & { readonly body?: unknown },
  options: SendGridVerifierOptions & SendGridDiagnoseOptions = {},
): Promise<SendGridDiagnosis> {
  checkNames(options, { ...sendGridVerifierOptions, ...sendGridDiagnoseOptions }, 'diagnoseSendGrid')
  const { otherKeys: _o, maxTries: _m, ...given } = options
  const own: SendGridDiagnoseOptions = options
  const { otherKeys = {}, maxTries } = pickOptions(own, sendGridDiagnoseOptions)
  return runDiagnosis(request as IncomingRequest, given, otherKeys, maxTries)
}

async function runDiagnosis(
  request: IncomingRequest,
  options: SendGridVerifierOptions,
  otherKeys: Readonly<Record<string, string>>,
  maxTries: number,
  known?: Rejected,
): Promise<SendGridDiagnosis> {
  const { replay: _r, diagnose: _d, onVerdict: _v, ...rest } = options
  const verifier = createSendGridVerifier(rest)
  const keys: Reading<Uint8Array>[] = [
    ...parsePublicKeys(options.publicKey).map(({ spki }) => ({ value: spki })),
    ...Object.entries(otherKeys).map(([name, key]) => ({
      value: parsePublicKey(key, `otherKeys.${name}`),
      cause: { id: 'key_other', detail: `The key "${name}" signed it.` } as const,
    })),
  ]
  const read = await readGivenBody(request, options)
  const body = read?.value
  const sent = read === undefined ? request.body : read.cause === undefined ? body : undefined
  const verdict = known ?? (await verifier.verify({ ...request, body: sent }))
  if (verdict.ok) return { verdict, suspected: [], tried: 0 }

  const header = readHeaders(request.headers)
  const [signatureText, timestampText] = [readSingle(header, signatureHeader), readSingle(header, timestampHeader)]
  const signatures = readSignatures(signatureText)
  const timestamps = readTimestamps(timestampText)
  const search = { tried: 0, left: mostBytes, maxTries }
  const isUnsigned = verdict.code === 'signature_missing'
  const causes =
    read === undefined || isUnsigned ? undefined : await findCauses({ read, signatures, timestamps, keys, search })
  const toCauses = (found: readonly Found[]): SendGridCause[] => found.map((one) => ({ ...one, fix: fixes[one.id] }))
  const { tried } = search
  if (causes !== undefined && causes.length > 0)
    return { verdict, proven: { causes: toCauses(causes) }, suspected: [], tried }
  const suspected = listSuspected({
    request,
    verdict,
    body,
    read,
    signatures,
    timestamps,
    signatureText,
    tried,
    matches: causes !== undefined,
  })
  return { verdict, suspected: toCauses(suspected), tried }
}

/** Reads the body as bytes. `undefined` if there is none. */
async function readGivenBody(
  { body }: { readonly body?: unknown },
  { maxBodyBytes = 1024 * 1024 }: SendGridVerifierOptions,
): Promise<Reading<Uint8Array> | undefined> {
  if (body === undefined || body === null || 'consumedBy' in Object(body)) return undefined
  const isStream = Symbol.asyncIterator in Object(body) || 'listen' in Object(body)
  if (typeof body === 'object' && !isBytes(body) && !isStream) {
    const cause = { id: 'body_already_parsed', detail: 'The body is what a parser made of it, not its bytes.' } as const
    const events = Array.isArray(body) && isBounded(body, 100_000, 100) ? body : []
    return { value: encodeUtf8(formatEvents(events)), cause }
  }
  const bytes = await readBody(body as IncomingRequest['body'], () => [], maxBodyBytes)
  return isRejected(bytes) ? undefined : { value: bytes }
}

function readSignatures(text: string | null | undefined): Reading<Uint8Array>[] {
  if (typeof text !== 'string' || text.length > 1000) return []
  const given = parseSignature(text)
  if (given !== undefined) return [{ value: given }]
  const changes: string[] = []
  const note = (detail: string, next: string, before: string): string => {
    if (next !== before) changes.push(detail)
    return next
  }
  let repaired = note('percent-encoded', text.replace(/%2b/gi, '+').replace(/%2f/gi, '/').replace(/%3d/gi, '='), text)
  repaired = note('in quotes or white space', repaired.trim().replace(/^["']|["']$/g, ''), repaired)
  repaired = note('with blanks for "+"', repaired.replaceAll(' ', '+'), repaired)
  repaired = note('in Base64 for URLs', repaired.replaceAll('-', '+').replaceAll('_', '/'), repaired)
  if (/^30[0-9a-f]{100,}$/i.test(repaired)) repaired = note('in hex', encodeBase64(fromHex(repaired)), repaired)
  const bare = repaired.replace(/=.*$/, '')
  repaired = note('with other padding', bare.padEnd(Math.ceil(bare.length / 4) * 4, '='), repaired)
  const bytes = decodeBase64(repaired)
  const value = parseSignature(repaired) ?? (bytes && parseLeniently(bytes))
  if (value === undefined) return []
  if (parseSignature(repaired) === undefined) changes.push('with its numbers in another spelling than DER')
  return [{ value, cause: { id: 'signature_encoding', detail: `The signature arrived ${changes.join(', ')}.` } }]
}

/** Reads r and s side by side, or in BER: with long forms, zeros before a number, bytes behind. */
function parseLeniently(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 64) return parseSignature(formatSignature(bytes))
  const numbers: Uint8Array[] = []
  let at = bytes[1] === 0x81 ? 3 : 2
  while (numbers.length < 2 && bytes[at] === 0x02) {
    const start = bytes[at + 1] === 0x81 ? at + 3 : at + 2
    at = start + (bytes[start - 1] ?? 0)
    const digits = bytes.subarray(start, at)
    numbers.push(digits.subarray(digits.findIndex((byte) => byte !== 0)))
  }
  const [r, s] = numbers
  if (r === undefined || s === undefined || r.length > 32 || s.length > 32 || at > bytes.length) return undefined
  const signature = new Uint8Array(64)
  signature.set(r, 32 - r.length)
  signature.set(s, 64 - s.length)
  return parseSignature(formatSignature(signature))
}

function readTimestamps(text: string | null | undefined): Reading<string>[] {
  if (typeof text !== 'string') return []
  if (isTimestamp(text)) return [{ value: text }]
  const digits = text.replace(/[\s"']/g, '').slice(0, 10)
  const detail = /^\s*\d{13}\s*$/.test(text) ? 'The timestamp is in milliseconds.' : 'The timestamp is not 10 digits.'
  return isTimestamp(digits) ? [{ value: digits, cause: { id: 'timestamp_malformed', detail } }] : []
}

/** Lists what the body may have been before something changed it, the most frequent change first. */
function* listBodies({ value, cause }: Reading<Uint8Array>): Generator<Reading<Uint8Array>> {
  yield { value, ...(cause && { cause }) }
  const text = decodeUtf8(value)
  if (text === undefined || cause !== undefined) return
  const change = (id: SendGridCauseId, detail: string, changed: string | Uint8Array): Reading<Uint8Array> => ({
    value: typeof changed === 'string' ? encodeUtf8(changed) : changed,
    cause: { id, detail },
  })
  const lines = text.replace(/\r?\n/g, '\r\n')
  const json = parseArray(text)
  if (json !== undefined && formatEvents(json) !== text)
    yield change(
      json.length > 1 && lines.trimEnd() === formatEvents(json).trimEnd() && lines.trimEnd() !== text.trimEnd()
        ? 'body_line_ends'
        : text === formatEvents(json).trimEnd()
          ? 'body_whitespace'
          : 'body_reserialized',
      'The events were written again, or lost their line ends.',
      formatEvents(json),
    )
  for (const end of ['\r\n', '\n']) yield change('body_whitespace', 'A line end at the end is lost.', text + end)
  if (lines !== text) {
    yield change('body_line_ends', 'Line ends became \\n.', lines)
    yield change('body_line_ends', 'Line ends became \\n, and the last is lost.', `${lines}\r\n`)
  }
  if (json !== undefined) yield change('body_reserialized', 'The JSON was written again.', JSON.stringify(json))
  if (text.startsWith('\ufeff')) yield change('body_decoded', 'A byte order mark was added.', text.slice(1))
  if (/[\x80-\xff]/.test(text) && !/[^\0-\xff]/.test(text))
    yield change(
      'body_decoded',
      'The bytes were decoded as Latin-1.',
      Uint8Array.from(text, (one) => one.charCodeAt(0)),
    )
  const base64 = /^[A-Za-z0-9+/]{8,}=*$/.test(text) ? decodeBase64(text) : undefined
  if (base64 !== undefined) yield change('body_decoded', 'The body is still in Base64, as Lambda passes it.', base64)
}

function parseArray(text: string): readonly unknown[] | undefined {
  // To write a deep value again would overflow the stack.
  if (!isBoundedJson(text, 100_000, 100)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const list: unknown = typeof value === 'string' ? JSON.parse(value) : value
    return Array.isArray(list) ? list : undefined
  } catch {
    return undefined
  }
}

interface Parts {
  readonly read: Reading<Uint8Array>
  readonly signatures: readonly Reading<Uint8Array>[]
  readonly timestamps: readonly Reading<string>[]
  readonly keys: readonly Reading<Uint8Array>[]
  readonly search: { tried: number; left: number; readonly maxTries: number }
}

/** Returns the causes to undo, none if the signature matches as it is, `undefined` if nothing matches. */
async function findCauses({ read, signatures, timestamps, keys, search }: Parts): Promise<Found[] | undefined> {
  const start = createSignatureChecker(keys.map(({ value }) => value))
  async function* listMessages(): AsyncGenerator<readonly [Reading<string>, Reading<Uint8Array>]> {
    for (const body of listBodies(read)) for (const timestamp of timestamps) yield [timestamp, body]
    for (const timestamp of listOtherTimestamps(read.value, timestamps)) yield [timestamp, read]
  }
  for await (const [timestamp, body] of listMessages())
    for (const signature of signatures) {
      search.left -= body.value.length
      if (search.tried + keys.length > search.maxTries || search.left < 0) return undefined
      search.tried += keys.length
      // Unlike a promise, it lets other requests be served.
      if (search.tried % triesPerTurn < keys.length) await new Promise((resolve) => setTimeout(resolve, 0))
      const message = joinMessage(timestamp.value, body.value)
      const check = start(signature.value)
      check.update(message)
      const key = keys[await check.finish(message)]
      if (key === undefined) continue
      return [signature, timestamp, body, key].flatMap(({ cause }) => (cause === undefined ? [] : [cause]))
    }
  return undefined
}

/** SendGrid signs a batch some seconds after its last event. */
function* listOtherTimestamps(body: Uint8Array, given: readonly Reading<string>[]): Generator<Reading<string>> {
  const events = parseArray(decodeUtf8(body) ?? '') ?? []
  const times = events.map((event) => Object(event).timestamp).filter(Number.isInteger)
  const latest = times.reduce((most: number, time: number) => Math.max(most, time), 0)
  for (let seconds = 0; seconds <= 60; seconds++)
    for (const time of [latest + seconds, ...given.flatMap(({ value }) => [+value - seconds, +value + seconds])])
      if (isTimestamp(String(time)))
        yield {
          value: String(time),
          cause: { id: 'timestamp_other', detail: `It was signed with the timestamp ${time}.` },
        }
}

interface Unexplained {
  readonly request: IncomingRequest
  readonly verdict: Rejected
  readonly body: Uint8Array | undefined
  readonly read: Reading<Uint8Array> | undefined
  readonly signatures: readonly Reading<Uint8Array>[]
  readonly timestamps: readonly Reading<string>[]
  readonly signatureText: string | null | undefined
  readonly tried: number
  readonly matches: boolean
}

function listSuspected(subject: Unexplained): Found[] {
  const { request, verdict, body, read, signatures, timestamps, signatureText } = subject
  if (verdict.code === 'method_not_allowed') return [{ id: 'method', detail: 'The method is not POST.' }]
  if (verdict.code === 'stale' || subject.matches)
    return verdict.code === 'stale'
      ? [{ id: 'timestamp_old', detail: 'The timestamp is older than "maxAgeSeconds".' }]
      : []
  if (verdict.code === 'signature_missing')
    return [
      { id: 'signature_missing', detail: verdict.message.replace(/ See docs.*$/, '') },
      { id: 'not_from_sendgrid', detail: 'SendGrid signs every request of a webhook with the feature on.' },
    ]
  const found: Found[] = [...signatures, ...timestamps].flatMap(({ cause }) => (cause === undefined ? [] : [cause]))
  const der = typeof signatureText === 'string' && signatures.length === 0 ? decodeStart(signatureText) : undefined
  if (der !== undefined) {
    const isCut = der[0] === 0x30 && der.length - 2 < (der[1] ?? 0)
    found.push({
      id: isCut ? 'signature_truncated' : 'signature_encoding',
      detail: isCut ? `The signature ends after ${der.length} bytes.` : 'The signature is not a DER signature.',
    })
  }
  if (verdict.code === 'signature_malformed') return found
  if (read?.cause !== undefined) found.push(read.cause)
  else if (verdict.code === 'body_already_consumed')
    found.push({ id: 'body_already_parsed', detail: 'Something read the body and kept no bytes.' })
  const text = body === undefined ? '' : (decodeUtf8(body) ?? '')
  if (text.startsWith('[object')) found.push({ id: 'body_already_parsed', detail: 'The body is "[object …".' })
  if (text.includes('\ufffd'))
    found.push({ id: 'body_decoded', detail: 'The body has U+FFFD, which replaces bytes that are not UTF-8.' })
  const contentType = readSingle(readHeaders(request.headers), 'content-type') ?? ''
  const isMail = /^multipart\//i.test(contentType) || body?.[0] === 0x2d
  if (isMail && body?.[0] !== 0x2d)
    found.push({ id: 'body_already_parsed', detail: 'The body of a multipart does not begin with its boundary.' })
  // SendGrid sends its events as a JSON array.
  const isOther = body !== undefined && !isMail && !/^\[.*\]$/s.test(text.trim())
  if (verdict.code === 'signature_mismatch' && found.length === 0)
    found.push(
      isOther
        ? {
            id: text === '' ? 'body_decoded' : 'body_reserialized',
            detail: 'The body is not a JSON array: it was compressed, cut off or wrapped, or it is forged.',
          }
        : { id: 'key_other', detail: 'No change of the body explains it: the key may belong to another webhook.' },
      { id: 'not_from_sendgrid', detail: `Nothing matched in ${subject.tried} tries.` },
    )
  return found
}

/** Decodes as much of damaged Base64 as there is. */
function decodeStart(text: string): Uint8Array | undefined {
  const clean = text.replace(/[^A-Za-z0-9+/]/g, '').slice(0, 400)
  return decodeBase64(clean.slice(0, clean.length - (clean.length % 4)))
}

const explainInTurn = createExplainer<SendGridVerifierOptions>(
  () => performance.now(),
  ({ headers }) => typeof readSingle(readHeaders(headers), signatureHeader) === 'string',
)

/**
 * Explains why a request of SendGrid does not verify. As the `diagnose` option of
 * `createSendGridVerifier`, it explains each rejection on standard error in at most eight lines. As an
 * option it does nothing if NODE_ENV is `production`.
 */
export const diagnoseSendGrid: typeof diagnoseRequest & Diagnoser<SendGridVerifierOptions> = Object.assign(
  diagnoseRequest,
  {
    explain(rejected: RejectedRequest<SendGridVerifierOptions>) {
      if (readEnvironment('NODE_ENV') === 'production') return undefined
      return explainInTurn(rejected, (request, options, rejection) =>
        runDiagnosis(request, options, {}, 400, rejection),
      )
    },
  },
)
