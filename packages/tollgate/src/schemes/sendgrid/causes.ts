import { encodeUtf8 } from '../../bytes.ts'
import { fixReturns, parseBoundedJson } from '../../diagnose/body-variants.ts'
import {
  type CauseRow,
  type Edit,
  type Finding,
  type Row,
  redactedPart,
  type SignatureReading,
  type Unexplained,
} from '../../diagnose/causes/row.ts'
import { isByHand } from '../../diagnose/evidence.ts'
import { isBounded, isBoundedJson, isUnfinishedJson } from '../../diagnose/limits.ts'
import { findProduct } from '../../diagnose/products.ts'
import { omitPage, type RejectionCode } from '../../verdict.ts'
import { findConsumed } from '../../verify/body.ts'
import { readHeaders, readSingle } from '../../verify/head.ts'
import type { IncomingRequest } from '../../verify/types.ts'
import { formatEvents } from './events.ts'
import { boundaryOfSendGrid, hasBareLines, listLines, listMails } from './mail.ts'
import {
  decodeBase64,
  encodeBase64,
  formatSignature,
  fromHex,
  isTimestamp,
  parseSignature,
  toHex,
} from './signature.ts'

/** One hypothesis: what SendGrid may have signed, and the keys that may have. */
export interface SendGridState {
  readonly timestamp: string | undefined
  readonly body: Uint8Array | undefined
  /** As SPKI. */
  readonly keys: readonly Uint8Array[]
}

/** The request under diagnosis, read once. */
export interface SendGridSubject {
  readonly request: IncomingRequest
  /** The request as this server sees it. */
  readonly state: SendGridState
  readonly signatureText: string | undefined
  readonly timestampText: string | undefined
  /** What a parser made of the body, if that is all that is left. */
  readonly parsed: object | undefined
  /** The body as text, or an empty text. */
  readonly text: string
  readonly otherKeys: readonly (readonly [name: string, spki: Uint8Array])[]
  /** In seconds. */
  readonly age: number
  readonly maxAge: number
}

type SendGridRow = CauseRow<SendGridSubject, SendGridState>
type Asked = Unexplained<SendGridSubject>

const passDeliveries = 'Pass each delivery on as it arrived: all of its events, with its own signature and timestamp.'

/** Everything that can change a request between SendGrid and the verifier. */
const rows = {
  method: {
    title: 'The method is not POST',
    fix: 'Send the webhook as POST, and let no proxy change the method.',
    part: 'request',
    suspect: ({ rejection: { code } }) => findIf(code === 'method_not_allowed', 'The method is not POST.'),
  } satisfies SendGridRow as Row,
  other_product: {
    title: 'A request of another product',
    fix: 'Give each product its own route, with the check of that product.',
    part: 'request',
    suspect: ({ subject }) => findOtherProduct(subject),
  } satisfies SendGridRow as Row,
  signature_missing: {
    title: 'There is no signature',
    fix: 'Turn on "Signature Verification" of the Event Webhook, or the signature of Inbound Parse. Let every proxy pass both headers on, under their names.',
    part: 'signature',
    *edits(subject) {
      if (lostTimestamp(subject))
        for (let seconds = 0; seconds <= 60; seconds++)
          yield {
            ...signAt(String(readLatest(subject) + seconds), 1, `${timestampLost} Its value was found by trying.`),
            fix: passHeaders,
          }
    },
    suspect({ subject, rejection }) {
      if (rejection.code !== 'signature_missing' || findOtherProduct(subject) !== undefined) return undefined
      if (lostSignature(subject)) return { detail: signatureLost, fix: passHeaders }
      if (lostTimestamp(subject)) return { detail: timestampLost, fix: passHeaders }
      // Only a webhook that signs has one of the two headers.
      return findIf(!isByHand(readAgent(subject)), omitPage(rejection))
    },
  } satisfies SendGridRow as Row,
  signature_encoding: {
    title: 'The signature is encoded differently',
    fix: 'Pass X-Twilio-Email-Event-Webhook-Signature on unchanged: Base64 of DER, with its padding.',
    part: 'signature',
    readings: listRepaired,
    suspect({ presented: [first], subject }) {
      if (first?.cause?.id === 'signature_encoding') return { detail: first.cause.detail, fix: first.cause.fix }
      return findIf(first === undefined && readCut(subject) === 'whole', 'The signature is not a DER signature.')
    },
  } satisfies SendGridRow as Row,
  signature_truncated: {
    title: 'The signature is cut off',
    fix: 'Pass X-Twilio-Email-Event-Webhook-Signature on unchanged and complete.',
    part: 'signature',
    suspect({ presented, subject }) {
      const cut = presented.length === 0 ? readCut(subject) : undefined
      return findIf(typeof cut === 'number', `The signature ends after ${cut} bytes.`)
    },
  } satisfies SendGridRow as Row,
  timestamp_malformed: {
    title: 'The timestamp is written differently',
    fix: 'Pass X-Twilio-Email-Event-Webhook-Timestamp on unchanged: seconds, 10 digits.',
    part: 'signature',
    *edits(subject) {
      const digits = repairTimestamp(subject)
      if (digits !== undefined) yield signAt(digits, 1, notSeconds)
    },
    suspect: ({ subject }) => findIf(repairTimestamp(subject) !== undefined, notSeconds),
  } satisfies SendGridRow as Row,
  timestamp_other: {
    title: 'The timestamp is of another request',
    fix: 'Take signature, timestamp and body from the same request, and let nothing before this server write a timestamp of its own.',
    part: 'signature',
    *edits(subject) {
      if (lostTimestamp(subject)) return
      const latest = readLatest(subject)
      const given = Number(subject.state.timestamp ?? repairTimestamp(subject) ?? Number.NaN)
      const arrived = Number.isNaN(given) ? '' : `, and ${given} arrived`
      for (let seconds = 0; seconds <= 60; seconds++)
        for (const time of [latest + seconds, given - seconds, given + seconds])
          if (isTimestamp(String(time)))
            yield signAt(String(time), 4, `It was signed with the timestamp ${time}${arrived}.`)
    },
  } satisfies SendGridRow as Row,
  timestamp_old: {
    title: 'The timestamp is old',
    fix: "Check the clock. If a retry, a queue or a person delivered it late, set `whenStale: 'mark'` or a larger `maxAgeSeconds`.",
    part: 'signature',
    suspect: ({ subject: { age, maxAge }, rejection: { code } }) =>
      findIf(code === 'stale', `The timestamp is ${age} seconds old, and "maxAgeSeconds" is ${maxAge}.`),
  } satisfies SendGridRow as Row,
  body_limit: {
    title: 'The mail is larger than the limit',
    fix: 'Raise "maxBodyBytes". Inbound Parse needs maxBodyBytes: 32 * 1024 * 1024, for mails of 30 MB.',
    part: 'body',
    suspect: ({ rejection: { code } }) => findIf(code === 'body_too_large', 'The body is larger than "maxBodyBytes".'),
  } satisfies SendGridRow as Row,
  body_truncated: {
    title: 'The body was cut off',
    fix: 'Pass the whole body: raise the limit of size or time that cuts it, in the proxy, the queue, the log or the field.',
    part: 'body',
    suspect({ subject, rejection: { code, reason } }) {
      if (reason === 'body_unfinished') return { detail: 'The connection ended before the body did.' }
      const detail = concernsBody(code) ? describeCut(subject) : undefined
      return detail === undefined ? undefined : { detail }
    },
  } satisfies SendGridRow as Row,
  body_already_parsed: {
    title: 'Something else read the body first',
    fix: 'Let nothing read or parse the body before Tollgate: it needs the bytes that arrived.',
    part: 'body',
    *edits({ parsed }) {
      const events = Array.isArray(parsed) && isBounded(parsed, 100_000, 100) ? parsed : []
      if (parsed !== undefined) yield replaceBody(formatEvents(events), parsedBody)
    },
    suspect({ subject, rejection }) {
      const { code } = rejection
      if (!concernsBody(code)) return undefined
      if (subject.parsed !== undefined) return { detail: parsedBody }
      if (code === 'body_already_consumed') {
        // The adapter knows the parsers of its framework.
        const { consumedBy, fix, isParser } = findConsumed(rejection) ?? {}
        const by = consumedBy === undefined ? '' : ` (${consumedBy.slice(0, 80)})`
        const isLost = isMail(subject) && isParser === true
        return { detail: `Something read the body and kept no bytes${by}.`, fix: isLost ? parseBehind : fix }
      }
      const length = readLength(subject)
      return subject.state.body?.length === 0 && length > 0
        ? { detail: `The verifier got no body, but Content-Length is ${length}.` }
        : findIf(
            hasParserTrace(subject),
            'The body is what a parser leaves: "[object …", or a multipart without its boundary.',
          )
    },
  } satisfies SendGridRow as Row,
  body_line_ends: {
    title: 'The line ends changed',
    fix: 'Verify the bytes that arrived, and read them nowhere as text: SendGrid signs \\r\\n between the events and in a mail.',
    part: 'body',
    *edits(subject) {
      const { text, state } = subject
      if (hasDoubledReturns(state.body))
        // Each LF has got a CR, so one before each is taken away.
        yield replaceBody(
          state.body.filter((byte, index) => byte !== 0x0d || state.body?.[index + 1] !== 0x0a),
          doubled,
          fixReturns,
        )
      if (hasBareMail(subject))
        for (const body of listLines(state.body, readBoundary(subject) ?? '')) yield replaceBody(body, bareMail)
      else {
        const lines = text.replace(/\r?\n/g, '\r\n')
        if (lines !== text) for (const body of [lines, `${lines}\r\n`]) yield replaceBody(body, 'Line ends became \\n.')
      }
    },
    suspect({ subject, rejection: { code } }) {
      if (!concernsBody(code)) return undefined
      if (hasDoubledReturns(subject.state.body)) return { detail: doubled, fix: fixReturns }
      return findIf(hasBareMail(subject), bareMail)
    },
  } satisfies SendGridRow as Row,
  body_whitespace: {
    title: 'The body was trimmed',
    fix: 'Verify the bytes that arrived, and neither trim them nor add to them: the line end at the end is signed too.',
    part: 'body',
    *edits({ text }) {
      if (text === '') return
      const bare = text.trimEnd()
      const bodies = [`${bare}\r\n`, `${text}\r\n`, `${text}\n`, text.replace(/\r?\n$/, ''), bare]
      for (const body of new Set(bodies))
        if (body !== text)
          yield replaceBody(body, `White space at the end was ${body.length > text.length ? 'lost' : 'added'}.`)
    },
  } satisfies SendGridRow as Row,
  body_reserialized: {
    title: 'The events were parsed and written again',
    fix: 'Verify the bytes that arrived, never JSON.stringify(req.body). If this server does, let a relay or a gateway before it pass the bytes on.',
    part: 'body',
    *edits(subject) {
      const { text } = subject
      const json = parseArray(text)
      if (json !== undefined) {
        const written = formatEvents(json)
        const compact = JSON.stringify(json)
        // Other causes say what differs only in white space.
        const isOther = written.trimEnd() !== text.replace(/\r?\n/g, '\r\n').trimEnd()
        for (const one of isOther ? [written, compact] : [compact]) yield replaceBody(one, rewritten)
        for (const one of [written, compact])
          for (const signs of /&/.test(one) ? [/[<>&]/g, /[<>]/g] : [/[<>]/g])
            if (signs.test(one))
              yield replaceBody(escapeSigns(one, signs), `${rewritten} The escapes of "<" and ">" are lost.`)
      }
      for (const body of listMails(subject.state.body, readBoundary(subject) ?? boundaryOfSendGrid))
        yield replaceBody(body, otherBoundary)
    },
    suspect(asked) {
      const { subject, rejection } = asked
      const { text } = subject
      if (describeCut(subject) !== undefined) return undefined
      if (rejection.code === 'body_malformed' && isShortJson(subject)) return { detail: shorter }
      if (!isIntact(asked)) return undefined
      if (isMail(subject))
        return findIf((readBoundary(subject) ?? boundaryOfSendGrid) !== boundaryOfSendGrid, otherBoundary)
      if (text === '') return undefined
      if (!/^\[.*\]$/s.test(text.trim())) return { detail: noArray }
      if (redactedPart.test(text))
        return { detail: 'The body has a mark that filters write in place of what they hide.' }
      // No code of this server changed a body of the length that SendGrid sent.
      const isSent =
        readLength(subject) === subject.state.body?.length && /^(?:$|SendGrid|Sendlib)/i.test(readAgent(subject))
      return findIf(!/[\r\n]$/.test(text) && !isSent, noLineEnd)
    },
  } satisfies SendGridRow as Row,
  body_decoded: {
    title: 'The body was decoded',
    fix: 'Pass the bytes that arrived, uncompressed, and not text that was made of them. On Lambda hand the whole event on, with its isBase64Encoded.',
    fixes: {
      lambda:
        'Let API Gateway pass the bytes: add multipart/form-data to the binary media types of the REST API. Elsewhere hand event.body on in Base64.',
    },
    part: 'body',
    *edits({ text, state }) {
      const latin = text === '' ? toLatin(state.body) : ''
      if (latin !== '') yield replaceBody(latin, 'The body was written in Latin-1.')
      if (text.startsWith('\ufeff')) yield replaceBody(text.slice(1), 'A byte order mark was added.')
      if (/[\x80-\xff]/.test(text) && !/[^\0-\xff]/.test(text))
        yield replaceBody(
          Uint8Array.from(text, (one) => one.charCodeAt(0)),
          'The bytes were decoded as Latin-1.',
        )
      const base64 = /^[A-Za-z0-9+/]{8,}=*$/.test(text) ? decodeBase64(text) : undefined
      if (base64 !== undefined) yield replaceBody(base64, 'The body is still in Base64, as Lambda passes it.')
    },
    suspect(asked) {
      const { subject, rejection } = asked
      const { code } = rejection
      if (code === 'content_encoding_unsupported' || (concernsBody(code) && isCompressed(subject)))
        return { detail: 'The body is compressed. SendGrid does not compress.' }
      if (concernsBody(code) && subject.text.includes('\ufffd'))
        return { detail: 'The body has U+FFFD, which replaces bytes that are not UTF-8.' }
      const isNoText = subject.text === '' && isIntact(asked) && !isMail(subject) && subject.state.body !== undefined
      return findIf(isNoText, 'The body is not UTF-8: it is in another character set, or it is forged.')
    },
  } satisfies SendGridRow as Row,
  key_other: {
    title: 'The key of another webhook',
    fix: 'Give the public key that SendGrid shows for this webhook: each has its own.',
    part: 'key',
    signedByOther: true,
    *edits({ otherKeys }) {
      for (const [name, spki] of otherKeys) {
        const keys = [spki]
        yield {
          dimension: 'key',
          cost: 1,
          apply: (state) => ({ ...state, keys }),
          detail: `The key "${name}" signed it.`,
        }
      }
    },
  } satisfies SendGridRow as Row,
  events_regrouped: {
    title: 'The events of several deliveries were merged, or some were taken out',
    fix: passDeliveries,
    part: 'body',
    edits: listDeliveries,
  } satisfies SendGridRow as Row,
  not_from_sendgrid: {
    title: 'The request is not from SendGrid',
    fix: 'If a stranger sent it, do nothing. For a test of yours: npx @tollgate/cli send sendgrid.events --to URL',
    part: 'request',
    isStranger: true,
    suspect({ subject, rejection: { code } }) {
      const isUnsigned = code === 'signature_missing' && !lostTimestamp(subject) && !lostSignature(subject)
      return findIf(
        isUnsigned && findOtherProduct(subject) === undefined,
        'SendGrid signs every request of a webhook with the feature on.',
      )
    },
  } satisfies SendGridRow as Row,
}

/** The id of a cause. */
export type SendGridCauseId = keyof typeof rows

/** All causes of SendGrid's requests. No other list names them. */
export const sendGridCauses: Readonly<Record<SendGridCauseId, SendGridRow>> = rows as Record<
  SendGridCauseId,
  SendGridRow
>

const passHeaders = 'Let every proxy pass both headers of the signature on.'
const timestampLost =
  'X-Twilio-Email-Event-Webhook-Timestamp is missing, and its signature is there: the webhook signs.'
const signatureLost =
  'X-Twilio-Email-Event-Webhook-Signature is missing, and its timestamp is there: the webhook signs.'
const notSeconds = 'The timestamp is not 10 digits.'
const parsedBody = 'The body is what a parser made of it, not its bytes.'
const bareMail = 'The multipart has \\n where \\r\\n belongs.'
const doubled = 'Line ends have one carriage return too many (\\r\\r\\n).'
const rewritten = 'The events were written again.'
const otherBoundary = `The multipart was written again: SendGrid's boundary is ${boundaryOfSendGrid}, and this one is another.`
const shorter = 'The body is complete JSON, and shorter than its Content-Length.'
const noArray = 'The body is not a JSON array: it was wrapped, or it is forged.'
const noLineEnd = 'The body does not end in a line break, as the events of SendGrid do.'
// Its stream has ended behind the guard: multer answers "Unexpected end of form".
const parseBehind =
  'Put the guard before the parser of multipart, take that parser off this route, and parse webhook.body: docs/sendgrid-inbound-parse.md has the code.'

function findIf(isSeen: boolean, detail: string): Finding | undefined {
  return isSeen ? { detail } : undefined
}

function readAgent({ request: { headers } }: SendGridSubject): string {
  return readSingle(readHeaders(headers), 'user-agent') ?? ''
}

/** The body is complete JSON, and something took away a part of its length. */
function isShortJson(subject: SendGridSubject): boolean {
  const { text, state } = subject
  if (state.body === undefined || !(state.body.length < readLength(subject))) return false
  return (parseArray(text) ?? parseBoundedJson(text)) !== undefined
}

function hasBareMail({ request, state: { body } }: SendGridSubject): boolean {
  const boundary = readBoundary({ request })
  return boundary !== undefined && hasBareLines(body, boundary)
}

/** A line end with one carriage return too many. Larger bodies are not searched. */
function hasDoubledReturns(body: Uint8Array | undefined): body is Uint8Array {
  const most = 1024 * 1024
  if (body === undefined) return false
  for (let at = body.indexOf(0x0d); at !== -1 && body.length <= most; at = body.indexOf(0x0d, at + 1))
    if (body[at + 1] === 0x0d && body[at + 2] === 0x0a) return true
  return false
}

/** It begins as gzip (RFC 1952) or as Zstandard (RFC 8878). */
function isCompressed({ state: { body } }: SendGridSubject): boolean {
  return /^(?:1f8b08|28b52ffd)/.test(toHex(body?.subarray(0, 4) ?? new Uint8Array(0)))
}

/** Describes the end that a body lacks: that of its JSON or its multipart, or what was announced. */
function describeCut(subject: SendGridSubject): string | undefined {
  const { state, text } = subject
  const length = state.body?.length ?? 0
  if (length === 0 || isShortJson(subject) || isCompressed(subject)) return undefined
  const declared = readLength(subject)
  const size = declared > length ? ` It has ${length} bytes, and its Content-Length is ${declared}.` : ''
  if (isUnfinishedJson(text)) return `The JSON ends in the middle.${size}`
  if (lacksLastBoundary(subject)) return `The body has no boundary at its end.${size}`
  return size === '' || hasBareMail(subject) ? undefined : `The body was cut off.${size}`
}

function readBoundary({ request: { headers } }: Pick<SendGridSubject, 'request'>): string | undefined {
  const contentType = readSingle(readHeaders(headers), 'content-type')?.slice(0, 1000) ?? ''
  return /^multipart\/[^;]*;.*boundary="?([^";,\s]{1,100})/i.exec(contentType)?.[1]
}

/** A multipart ends with its boundary and two hyphens. */
function lacksLastBoundary(subject: SendGridSubject): boolean {
  const { body } = subject.state
  const boundary = readBoundary(subject)
  if (boundary === undefined || body?.[0] !== dash) return false
  return !new TextDecoder().decode(body.subarray(-300)).includes(`--${boundary}--`)
}

function readLength({ request: { headers } }: SendGridSubject): number {
  return Number(readSingle(readHeaders(headers), 'content-length') ?? Number.NaN)
}

/** Codes that are decided before the body is read. */
const beforeBody: readonly RejectionCode[] = ['method_not_allowed', 'stale', 'signature_missing', 'signature_malformed']

function concernsBody(code: RejectionCode): boolean {
  return !beforeBody.includes(code)
}

/** Nothing in the request shows a damage. */
function isIntact({ subject, rejection, presented }: Asked): boolean {
  return (
    rejection.code === 'signature_mismatch' &&
    presented[0]?.cause === undefined &&
    repairTimestamp(subject) === undefined &&
    subject.parsed === undefined &&
    !hasParserTrace(subject) &&
    !subject.text.includes('\ufffd')
  )
}

const dash = 0x2d

function isMail({ request, state: { body } }: SendGridSubject): boolean {
  return body?.[0] === dash || /^multipart\//i.test(readSingle(readHeaders(request.headers), 'content-type') ?? '')
}

/** Says if the body is text of an object, or a multipart that does not begin with its boundary. */
function hasParserTrace(subject: SendGridSubject): boolean {
  const { body } = subject.state
  const isBare = isMail(subject) && subject.parsed === undefined && body !== undefined && body[0] !== dash
  return subject.text.startsWith('[object') || (isBare && !isCompressed(subject))
}

/** Repairs a signature that is encoded in another way. */
function* listRepaired([text = '']: readonly string[]): Generator<SignatureReading & { readonly compare: 'same' }> {
  if (text.length > 1000 || parseSignature(text) !== undefined) return
  const changes: string[] = []
  const note = (detail: string, next: string, before: string): string => {
    if (next !== before) changes.push(detail)
    return next
  }
  const [once = ''] = text.split(',')
  const single = note('several times', once, text)
  let repaired = note(
    'percent-encoded',
    single.replace(/%2b/gi, '+').replace(/%2f/gi, '/').replace(/%3d/gi, '='),
    single,
  )
  repaired = note('in quotes or white space', repaired.trim().replace(/^["']|["']$/g, ''), repaired)
  repaired = note('with blanks for "+"', repaired.replaceAll(' ', '+'), repaired)
  repaired = note('in Base64 for URLs', repaired.replaceAll('-', '+').replaceAll('_', '/'), repaired)
  if (/^30[0-9a-f]{100,}$/i.test(repaired)) repaired = note('in hex', encodeBase64(fromHex(repaired)), repaired)
  const bare = repaired.replace(/=.*$/, '')
  repaired = note('with other padding', bare.padEnd(Math.ceil(bare.length / 4) * 4, '='), repaired)
  const bytes = decodeBase64(repaired)
  const value = parseSignature(repaired)?.numbers ?? (bytes && parseLeniently(bytes))
  if (value === undefined) return
  if (parseSignature(repaired) === undefined) changes.push('with its two numbers in another form than DER')
  yield { text: formatSignature(value), compare: 'same', detail: `The signature arrived ${changes.join(', ')}.` }
}

/** Reads r and s side by side, or in BER: with long forms, zeros before a number, bytes behind. */
function parseLeniently(bytes: Uint8Array): Uint8Array | undefined {
  // DER that was cut off to 64 bytes begins as DER.
  if (bytes.length === 64 && !(bytes[0] === 0x30 && bytes[2] === 0x02))
    return parseSignature(formatSignature(bytes))?.numbers
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
  return parseSignature(formatSignature(signature))?.numbers
}

/**
 * Reads a signature that cannot be repaired.
 * @returns the number of bytes of one that was cut off
 */
function readCut({ signatureText }: SendGridSubject): number | 'whole' | undefined {
  const clean = (signatureText ?? '').replace(/[^A-Za-z0-9+/]/g, '').slice(0, 400)
  const der = signatureText === undefined ? undefined : decodeBase64(clean.slice(0, clean.length - (clean.length % 4)))
  if (der === undefined) return undefined
  return der[0] === 0x30 && der.length - 2 < (der[1] ?? 0) ? der.length : 'whole'
}

/** Returns the seconds of a timestamp that is written in another way, also as a date. */
function repairTimestamp({ timestampText: text }: SendGridSubject): string | undefined {
  return text === undefined || isTimestamp(text) ? undefined : repairTime(text)
}

function repairTime(text: string): string | undefined {
  const digits = text.replace(/[\s"']/g, '').slice(0, 10)
  if (isTimestamp(digits)) return digits
  const seconds = String(Math.floor((text.length > 40 ? Number.NaN : Date.parse(text)) / 1000))
  return isTimestamp(seconds) ? seconds : undefined
}

function signAt(timestamp: string, cost: number, detail: string): Edit<SendGridState> {
  return { dimension: 'timestamp', cost, apply: (state) => ({ ...state, timestamp }), detail }
}

function findOtherProduct({ signatureText, timestampText, request, state }: SendGridSubject): Finding | undefined {
  if (signatureText !== undefined || timestampText !== undefined) return undefined
  return findProduct('sendgrid', readHeaders(request.headers), state.body)
}

function lostTimestamp({ signatureText, timestampText }: SendGridSubject): boolean {
  return signatureText !== undefined && timestampText === undefined
}

function lostSignature({ signatureText, timestampText }: SendGridSubject): boolean {
  return signatureText === undefined && timestampText !== undefined && repairTime(timestampText) !== undefined
}

/** Reads the time of the last event. SendGrid signs a batch some seconds after it. */
function readLatest(subject: SendGridSubject): number {
  const events = Array.isArray(subject.parsed) ? subject.parsed : (parseArray(subject.text) ?? [])
  const times = events.map((event) => Object(event).timestamp).filter(Number.isInteger)
  return times.reduce((most: number, time: number) => Math.max(most, time), 0)
}

function replaceBody(changed: string | Uint8Array, detail: string, fix?: string): Edit<SendGridState> {
  const body = typeof changed === 'string' ? encodeUtf8(changed) : changed
  return { dimension: 'body', cost: 1, apply: (state) => ({ ...state, body }), detail, fix }
}

function escapeSigns(text: string, signs: RegExp): string {
  return text.replace(signs, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)
}

/** What a program that handles single events is searched for: the most events, characters, tries and characters of all tries. */
const [mostEvents, mostOfEvents, mostDeliveries, mostOfDeliveries] = [50, 200_000, 100, 4_000_000]

/** Lists the first or the last events of a body, of which the rest may be of another delivery. */
function* listDeliveries({ text }: SendGridSubject): Generator<Edit<SendGridState>> {
  const events = findEvents(text)
  const count = events.length
  if (count < 2 || count > mostEvents) return
  let [tried, characters] = [0, 0]
  for (const [isWritten, end] of [
    [false, ']\r\n'],
    [true, ']'],
  ] as const)
    for (const which of ['first', 'last'] as const)
      for (let size = count - 1; size > 0; size--) {
        const kept = which === 'first' ? events.slice(0, size) : events.slice(-size)
        const [from, to] = [kept[0]?.[0] ?? 0, kept.at(-1)?.[1] ?? 0]
        characters += to - from
        if (++tried > mostDeliveries || characters > mostOfDeliveries) return
        const write = (): string =>
          isWritten ? text.slice(from, to) : kept.map(([start, last]) => text.slice(start, last)).join(',\r\n')
        yield {
          dimension: 'body',
          cost: 3,
          apply: (state) => ({ ...state, body: encodeUtf8(`[${write()}${end}`) }),
          detail: `The signature is of the ${which} ${size === 1 ? 'event' : `${size} events`} of these ${count}: something merged deliveries, or added events.`,
          fix: passDeliveries,
        }
      }
}

/** Finds where each event of a list begins and ends. */
function findEvents(text: string): readonly (readonly [start: number, end: number])[] {
  if (text.length > mostOfEvents || !text.startsWith('[')) return []
  const list = parseArray(text) ?? []
  const found: (readonly [number, number])[] = []
  let [depth, start, isQuoted] = [0, 0, false]
  for (let index = 0; index < text.length; index++) {
    const one = text[index]
    if (isQuoted) {
      if (one === '\\') index++
      else if (one === '"') isQuoted = false
    } else if (one === '"') isQuoted = true
    else if (one === '[' || one === '{') {
      if (++depth === 2) start = index
    } else if (one === ']' || one === '}') {
      if (--depth === 1) found.push([start, index + 1])
    }
  }
  return found.length === list.length ? found : []
}

/** The text of bytes that are not UTF-8, if they may be events in Latin-1. */
function toLatin(body: Uint8Array | undefined): string {
  // 0x5b is "[".
  if (body?.[0] !== 0x5b || body.length > 1024 * 1024) return ''
  return new TextDecoder('windows-1252').decode(body)
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
