import { encodeUtf8 } from '../../bytes.ts'
import { fixReturns, parseBoundedJson } from '../../diagnose/body-variants.ts'
import {
  type CauseRow,
  type Edit,
  type Finding,
  keptByParser,
  type Reading,
  type Row,
  redactedPart,
  type Unexplained,
} from '../../diagnose/causes/row.ts'
import { isByHand, listHeaderNames, showAgent, spellName } from '../../diagnose/evidence.ts'
import { isBounded, isBoundedJson, isUnfinishedJson } from '../../diagnose/limits.ts'
import { findProduct } from '../../diagnose/products.ts'
import { omitPage, type RejectionCode } from '../../verdict.ts'
import { findConsumed } from '../../verify/body.ts'
import { readHeaders, readSingle } from '../../verify/head.ts'
import type { IncomingRequest } from '../../verify/types.ts'
import { formatEvents } from './events.ts'
import { boundaryOfSendGrid, fixBoundary, hasBareLines, listLines, listMails, nameBoundary } from './mail.ts'
import {
  decodeBase64,
  encodeBase64,
  formatSignature,
  fromHex,
  isTimestamp,
  parseSignature,
  signatureHeader,
  timestampHeader,
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
  /** The headers of a signature that arrived under another name, if their own are missing. */
  readonly renamed: Renamed
  /** An adapter read the body, so no code of the application did. */
  readonly isGuarded: boolean
  /** The adapter got a Request, which code of the application may have made. */
  readonly isFetch: boolean
  /** In seconds. */
  readonly age: number
  readonly maxAge: number
}

/** Headers that arrived under another name. */
export interface Renamed {
  readonly signature?: RenamedHeader | undefined
  readonly timestamp?: RenamedHeader | undefined
}

interface RenamedHeader {
  readonly name: string
  readonly value: string
}

type SendGridRow = CauseRow<SendGridSubject, SendGridState>
type Asked = Unexplained<SendGridSubject>

const unchanged = 'Verify the bytes that arrived'
const passDeliveries = 'Pass each delivery on as it arrived: all of its events, with its own signature and timestamp.'
const fixText = 'Pass the bytes that arrived, not text that was made of them.'
const fixBase64 =
  'Decode the body before the check. On Lambda hand the whole event on: its isBase64Encoded: true was lost.'
const fixLatin =
  "Pass the bytes that arrived: your code or a relay made text of them, as toString('latin1') or 'binary' does. On Lambda hand event.body on in Base64, with isBase64Encoded: true."

/** Everything that can change a request between SendGrid and the verifier. */
const rows = {
  method: {
    title: 'The method is not POST',
    fix: 'Send the webhook as POST, and let no proxy change the method.',
    part: 'request',
    suspect({ rejection: { code } }) {
      return code === 'method_not_allowed' ? { detail: otherMethod } : undefined
    },
    rejections: {
      method_not_allowed: () => ({ detail: otherMethod }),
    },
  } satisfies SendGridRow as Row,
  other_product: {
    title: 'A request of another product',
    fix: 'Give each product its own route, with the check of that product.',
    part: 'request',
    suspect({ subject }) {
      return findOtherProduct(subject)
    },
  } satisfies SendGridRow as Row,
  signature_missing: {
    title: 'There is no signature',
    fix: 'Turn on "Signature Verification" of the Event Webhook, or the signature of the Security Policy of Inbound Parse. Let every proxy pass both headers on.',
    part: 'signature',
    *edits(subject) {
      const { timestamp } = subject.renamed
      if (timestamp !== undefined && isTimestamp(timestamp.value))
        yield { ...signAt(timestamp.value, 1, ''), ...describeRenamed(subject.renamed) }
      if (lostTimestamp(subject))
        for (let seconds = 0; seconds <= 60; seconds++)
          yield {
            ...signAt(String(readLatest(subject) + seconds), 1, `${timestampLost} Its value was found by trying.`),
            fix: passTimestamp,
          }
    },
    suspect({ subject, rejection }) {
      if (rejection.code !== 'signature_missing') return undefined
      const { signature, timestamp } = subject.renamed
      if ((signature ?? timestamp) !== undefined) return describeRenamed(subject.renamed)
      if (findOtherProduct(subject) !== undefined) return undefined
      // Only a webhook that signs has one of the two headers.
      if (isByHand(readAgent(subject)) && !lostTimestamp(subject)) return undefined
      if (lostSignature(subject)) return { detail: signatureLost, fix: passSignature }
      return lostTimestamp(subject)
        ? { detail: timestampLost, fix: passTimestamp }
        : {
            detail: omitPage(rejection),
            ...describeForwarder(subject),
          }
    },
  } satisfies SendGridRow as Row,
  signature_encoding: {
    title: 'The signature is encoded differently',
    fix: 'Pass X-Twilio-Email-Event-Webhook-Signature on unchanged: Base64 of DER, with its padding.',
    part: 'signature',
    readings: listRepaired,
    suspect({ presented: [first], subject }) {
      if (first?.cause?.id === 'signature_encoding') return { detail: first.cause.detail, fix: first.cause.fix }
      return first === undefined && readCut(subject) === 'whole'
        ? { detail: 'The signature is not a DER signature.' }
        : undefined
    },
  } satisfies SendGridRow as Row,
  signature_truncated: {
    title: 'The signature is cut off',
    fix: 'Pass X-Twilio-Email-Event-Webhook-Signature on unchanged and complete.',
    part: 'signature',
    suspect({ presented, subject }) {
      const cut = presented.length === 0 ? readCut(subject) : undefined
      return typeof cut === 'number' ? { detail: `The signature ends after ${cut} bytes.` } : undefined
    },
  } satisfies SendGridRow as Row,
  timestamp_malformed: {
    title: 'The timestamp is written differently',
    fix: 'Pass X-Twilio-Email-Event-Webhook-Timestamp on unchanged: seconds, 10 digits.',
    part: 'signature',
    *edits(subject) {
      const { digits, detail } = repairTimestamp(subject) ?? {}
      if (digits !== undefined && detail !== undefined) yield signAt(digits, 1, detail)
    },
    suspect({ subject }) {
      const repaired = repairTimestamp(subject)
      return repaired && { detail: repaired.detail }
    },
  } satisfies SendGridRow as Row,
  timestamp_other: {
    title: 'The timestamp is of another request',
    fix: 'Take signature, timestamp and body from the same request. If they are, something before this server writes a time of its own into X-Twilio-Email-Event-Webhook-Timestamp: let it pass the header on unchanged.',
    part: 'signature',
    edits: listOtherTimestamps,
  } satisfies SendGridRow as Row,
  timestamp_old: {
    title: 'The timestamp is old',
    fix: "Check the clock. For retries set `whenStale: 'mark'` or a larger `maxAgeSeconds`.",
    part: 'signature',
    suspect({ subject, rejection: { code } }) {
      return code === 'stale' ? describeAge(subject) : undefined
    },
    rejections: {
      stale: describeAge,
    },
  } satisfies SendGridRow as Row,
  body_limit: {
    title: 'The mail is larger than the limit',
    fix: 'Raise "maxBodyBytes". Inbound Parse needs maxBodyBytes: 32 * 1024 * 1024, for mails of 30 MB.',
    part: 'body',
    suspect({ subject, rejection: { code } }) {
      return code === 'body_too_large' ? { detail: describeSize(subject) } : undefined
    },
  } satisfies SendGridRow as Row,
  body_truncated: {
    title: 'The body was cut off',
    fix: 'Pass the whole body: raise the limit that cuts it, in the proxy, the queue, the log or the field.',
    part: 'body',
    suspect(asked) {
      const { code, reason } = asked.rejection
      if (reason === 'body_unfinished')
        return {
          detail: ended,
          fix: 'Look for a limit of time or size in front of this server that closes the connection. SendGrid sends the request again.',
        }
      const detail = concernsBody(code) ? describeCut(asked.subject) : undefined
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
        const { consumedBy, fix } = findConsumed(rejection) ?? {}
        const by = consumedBy === undefined ? '' : ` (${consumedBy.slice(0, 80)})`
        const isLost = isMultipart(subject) && keptByParser.test(fix ?? '')
        return {
          detail: `Something read the body and kept no bytes${by}.`,
          fix: isLost ? parseBehind : fix,
        }
      }
      if (subject.state.body?.length === 0 && readLength(subject) > 0)
        return {
          detail: `The verifier got no body, but Content-Length is ${readLength(subject)}: something read it before, or your code does not pass it.`,
        }
      const trace = findTrace(subject)
      return trace === undefined ? undefined : { detail: trace }
    },
  } satisfies SendGridRow as Row,
  body_line_ends: {
    title: 'The line ends changed',
    fix: `${unchanged}. SendGrid signs \\r\\n between the events.`,
    part: 'body',
    *edits(subject) {
      const { body } = subject.state
      if (body !== undefined && hasDoubledReturns(body))
        // Each LF has got a CR, so one before each is taken away.
        yield replaceBody(
          body.filter((byte, index) => byte !== 0x0d || body[index + 1] !== 0x0a),
          doubled,
          fixReturns,
        )
      if (!hasBareMail(subject)) return yield* listBodies(subject, 'line_ends')
      for (const body of listLines(subject.state.body, readBoundary(subject) ?? ''))
        yield replaceBody(body, bareMail, fixMailLines(subject))
    },
    suspect({ subject, rejection: { code } }) {
      if (!concernsBody(code)) return undefined
      if (subject.state.body !== undefined && hasDoubledReturns(subject.state.body))
        return { detail: doubled, fix: fixReturns }
      if (hasBareMail(subject)) return { detail: bareMail, fix: fixMailLines(subject) }
      return lostLineEnds(subject) ? { detail: bareEvents, fix: fixBefore(subject, changesOf.line_ends) } : undefined
    },
  } satisfies SendGridRow as Row,
  body_whitespace: {
    title: 'The body was trimmed',
    fix: `${unchanged}, untrimmed. The line end at the end is signed too.`,
    part: 'body',
    edits: (subject) => listBodies(subject, 'white_space'),
  } satisfies SendGridRow as Row,
  body_reserialized: {
    title: 'The events were parsed and written again',
    fix: `${unchanged}, never JSON.stringify(req.body). If this server does, a gateway or a relay before it parses the body and writes it again: let it pass the bytes on.`,
    part: 'body',
    *edits(subject) {
      yield* listBodies(subject, 'json')
      const boundary = readBoundary(subject)
      const fix = fixBefore(subject, 'parses the mail and writes it again') ?? fixBoundary
      if (boundary !== undefined)
        for (const body of listMails(subject.state.body, boundary)) yield replaceBody(body, nameBoundary(boundary), fix)
    },
    suspect(asked) {
      const { text } = asked.subject
      if (describeCut(asked.subject) !== undefined || lostLineEnds(asked.subject)) return undefined
      const boundary = readBoundary(asked.subject)
      if (isIntact(asked) && boundary !== undefined && boundary !== boundaryOfSendGrid)
        return {
          detail: nameBoundary(boundary),
          fix: fixBefore(asked.subject, 'parses the mail and writes it again') ?? fixBoundary,
        }
      const fix = fixBefore(asked.subject, rewritesJson)
      if (isOther(asked) && text !== '') return { detail: noArray, fix }
      if (asked.rejection.code === 'body_malformed' && isShortJson(asked.subject))
        return { detail: shorter, fix: fixHere }
      if (!isIntact(asked) || isMail(asked.subject)) return undefined
      if (redactedPart.test(text)) return { detail: markedBody }
      if (text === '' || /[\r\n]$/.test(text)) return undefined
      // No code of this server changed a body of the length that was sent.
      const isOfRelay = sentByOther(asked.subject)
      if (hasSentLength(asked.subject) && !isOfRelay) return undefined
      return {
        detail: isOfRelay ? `${noLineEnd} The User-Agent is not that of SendGrid.` : noLineEnd,
        fix,
      }
    },
  } satisfies SendGridRow as Row,
  body_decoded: {
    title: 'The body was decoded',
    fix: fixText,
    fixes: {
      lambda:
        'Let API Gateway pass the bytes: add multipart/form-data (or */*) to the binary media types of the REST API, and deploy it. Behind a function URL or a load balancer, hand event.body on in Base64, as it arrived.',
    },
    part: 'body',
    edits: listDecoded,
    rejections: {
      content_encoding_unsupported: () => compressed,
    },
    suspect(asked) {
      if (asked.rejection.code === 'content_encoding_unsupported') return compressed
      if (concernsBody(asked.rejection.code) && isCompressed(asked.subject))
        return { detail: compressedBody, fix: compressed.fix }
      if (concernsBody(asked.rejection.code) && asked.subject.text.includes('\ufffd'))
        return { detail: 'The body has U+FFFD, which replaces bytes that are not UTF-8.' }
      return isOther(asked) && asked.subject.text === '' ? { detail: noText } : undefined
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
    fix: 'If a stranger sent it, do nothing. For your own tests, sign the request with signSendGridRequest of tollgate/testing.',
    part: 'request',
    isStranger: true,
    suspect(asked) {
      const { subject } = asked
      if (findOtherProduct(subject) !== undefined) return undefined
      if (lostSignature(subject) || (subject.renamed.signature ?? subject.renamed.timestamp) !== undefined)
        return undefined
      const isUnsigned = asked.rejection.code === 'signature_missing' && !lostTimestamp(subject)
      if (isUnsigned && isByHand(readAgent(subject)))
        return {
          detail: 'The request has no signature, and the User-Agent of a program with which people send requests.',
          fix: signedTest,
        }
      if (isUnsigned) return { detail: 'SendGrid signs every request of a webhook with the feature on.' }
      return undefined
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

const signedTest =
  'If it is a test of yours, send a signed one: npx @tollgate/cli send sendgrid.events --to URL. If a stranger sent it, do nothing.'
const compressed: Finding = {
  detail: 'The request has a Content-Encoding: something compressed its body. SendGrid does not.',
  fix: 'Let nothing on the way compress the bodies of requests, or let it decompress them and remove Content-Encoding before this server.',
}
const compressedBody =
  'The body is compressed: it begins as gzip or Zstandard does, and no Content-Encoding says so. SendGrid does not compress.'
const otherMethod = 'The method is not POST.'
const parsedBody = 'The body is what a parser made of it, not its bytes.'
const noText = 'The body is not UTF-8: it was compressed, or written in another character set, or it is forged.'
const noLineEnd =
  'The body does not end in a line break, as the events of SendGrid do: something wrote it again, or changed it in another way.'
const bareMail = 'The multipart has \\n where \\r\\n belongs: something read it as text.'
const doubled = 'Line ends have one carriage return too many (\\r\\r\\n).'
const bareEvents =
  'Line ends became \\n: with \\r\\n, as SendGrid writes it, the body would have the length of its Content-Length.'
const markedBody = 'The body has a mark that filters write in place of what they hide.'
const shorter =
  'The body is complete JSON, and shorter than its Content-Length: something parsed it and wrote it again, or cut off white space at its end.'
const lostEscapes = 'The events were written again, without the escapes of "<" and ">".'
const noArray = 'The body is not a JSON array: it was compressed or wrapped, or it is forged.'
/** The message of a rejection whose body was not read to its end. */
const ended = 'The connection ended before the body did.'

const rewritesJson = 'parses the JSON and writes it again'
const fixCopy =
  'Send the bytes that SendGrid sent, not a text that was formatted again (curl: --data-binary @FILE, because -d drops line ends).'
const fixHere = `${unchanged}, never JSON.stringify(req.body).`

/**
 * Writes the fix for a body that something changed before it came to this server: it has the length
 * that was sent, or an adapter read it.
 * @param does what the program does
 */
function fixBefore(subject: SendGridSubject, does: string): string | undefined {
  const isBefore = Number.isNaN(readLength(subject)) ? subject.isGuarded : hasSentLength(subject)
  if (isBefore && isByHand(readAgent(subject))) return fixCopy
  const place = mayBeRebuilt(subject) ? 'the guard' : 'this server'
  return isBefore
    ? `Something before ${place}${showSender(subject)} ${does}: let it pass on the bytes as they arrived.`
    : undefined
}

function fixMailLines(subject: SendGridSubject): string {
  return (
    fixBefore(subject, 'reads the mail as text') ??
    'Pass on the bytes of the mail, and read it nowhere as text: SendGrid signs its \\r\\n.'
  )
}

/** Without a Content-Length, nothing says that the body of a Request is the one that arrived. */
function mayBeRebuilt(subject: SendGridSubject): boolean {
  return subject.isFetch && Number.isNaN(readLength(subject))
}

/** Names the program that sent the request on, as a part of a sentence. */
function showSender(subject: SendGridSubject): string {
  if (!sentByOther(subject))
    return mayBeRebuilt(subject) ? ', such as your own code or a gateway,' : ', such as a gateway or a queue,'
  const agent = showAgent(readAgent(subject))
  return agent === undefined ? ', whose User-Agent is not that of SendGrid,' : ` (User-Agent ${agent})`
}

function readAgent({ request: { headers } }: SendGridSubject): string {
  return readSingle(readHeaders(headers), 'user-agent') ?? ''
}

/** Headers that queues and services add to requests that they deliver later. */
const queueHeader =
  /^(x-aws-sqsd|x-cloudtasks|x-appengine-queue|x-goog-pubsub|x-hookdeck|x-convoy|upstash)[a-z-]{0,40}$/i

/** A clock is rarely more wrong than this, in seconds. */
const mostOfClock = 1800

function describeAge(subject: SendGridSubject): Finding {
  const { age, maxAge, request } = subject
  const unit = (
    [
      [172_800, 86_400, 'days'],
      [7200, 3600, 'hours'],
      [120, 60, 'minutes'],
    ] as const
  ).find(([from]) => age >= from)
  const shown = unit === undefined ? `${age} seconds` : `${Math.floor(age / unit[1])} ${unit[2]} (${age} seconds)`
  const detail = `The timestamp is ${shown} old, and "maxAgeSeconds" is ${maxAge}.`
  const queue = listHeaderNames(request.headers).find((name) => queueHeader.test(name))
  const options = `set \`whenStale: 'mark'\` or a \`maxAgeSeconds\` above ${age}`
  if (queue !== undefined)
    return {
      detail,
      fix: `A queue delivered it (${spellName(queue.toLowerCase())}): verify the request before the queue, or ${options}.`,
    }
  return age > mostOfClock
    ? {
        detail,
        fix: `It was delivered late or again, by a retry, a queue or a person: ${options}. Check the clock only if every request is as old.`,
      }
    : { detail }
}

/** Describes the headers that arrived under another name. */
function describeRenamed({ signature, timestamp }: Renamed): Finding {
  const found = [
    ...(signature === undefined ? [] : [[signature.name, signatureHeader] as const]),
    ...(timestamp === undefined ? [] : [[timestamp.name, timestampHeader] as const]),
  ]
  const names = found.map(([name]) => name).join(' and ')
  const own = found.map(([, name]) => spellName(name)).join(' and ')
  return {
    detail: `${own} arrived as ${names}: the webhook signs, and something on the way renamed ${found.length === 1 ? 'the header' : 'both headers'}.`,
    fix: `Let every proxy and relay keep the ${found.length === 1 ? 'name' : 'names'} ${own}.`,
  }
}

/** Finds the headers of a signature under other names, such as X-Original-…. */
export function findRenamed(headers: IncomingRequest['headers']): Renamed {
  const header = readHeaders(headers)
  const find = (own: string): RenamedHeader | undefined => {
    if (header(own).length > 0) return undefined
    for (const name of listHeaderNames(headers)) {
      if (name.length > 100 || !/^[\w-]+$/.test(name)) continue
      const spelled = name.toLowerCase().replaceAll('_', '-')
      const value = spelled.includes(own.slice(2)) ? readSingle(header, name.toLowerCase()) : undefined
      if (typeof value === 'string' && value.length <= 1000) return { name, value }
    }
    return undefined
  }
  return { signature: find(signatureHeader), timestamp: find(timestampHeader) }
}

/** The cause of a signature that was read from a header with another name. */
export function blameRenamed(renamed: Renamed): Finding & { readonly id: SendGridCauseId } {
  return { id: 'signature_missing', ...describeRenamed(renamed) }
}

function hasSentLength(subject: SendGridSubject): boolean {
  return readLength(subject) === subject.state.body?.length
}

/** Another program sends the request on, so that it wrote the length too. */
function sentByOther(subject: SendGridSubject): boolean {
  const agent = readAgent(subject)
  return agent !== '' && !/^(SendGrid|Sendlib)/i.test(agent)
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

/** The events are whole, and have the length that was sent once each \\n is \\r\\n again. */
function lostLineEnds(subject: SendGridSubject): boolean {
  const { text, state } = subject
  if (!isShortJson(subject)) return false
  const lost = (text.match(/\n/g) ?? []).length - (text.match(/\r\n/g) ?? []).length
  const missing = readLength(subject) - (state.body?.length ?? 0)
  // The last line end may be gone too.
  return lost > 0 && (missing === lost || (missing === lost + 2 && !text.endsWith('\n')))
}

/** A line end with one carriage return too many. Larger bodies are not searched. */
function hasDoubledReturns(body: Uint8Array): boolean {
  const most = 1024 * 1024
  for (let at = body.indexOf(0x0d); at !== -1 && body.length <= most; at = body.indexOf(0x0d, at + 1))
    if (body[at + 1] === 0x0d && body[at + 2] === 0x0a) return true
  return false
}

/** The first bytes of gzip (RFC 1952) and of Zstandard (RFC 8878). */
const compressions = ['1f8b08', '28b52ffd']

function isCompressed({ state: { body } }: SendGridSubject): boolean {
  const start = body === undefined ? '' : toHex(body.subarray(0, 4))
  return compressions.some((one) => start.startsWith(one))
}

/** Describes the end that a body lacks: that of its JSON or its multipart, or what was announced. */
function describeCut(subject: SendGridSubject): string | undefined {
  const { state, text } = subject
  const length = state.body?.length ?? 0
  if (length === 0 || isShortJson(subject) || isCompressed(subject)) return undefined
  const declared = readLength(subject)
  const size = declared > length ? ` It has ${length} bytes, and its Content-Length is ${declared}.` : ''
  if (isUnfinishedJson(text)) return `The JSON ends in the middle: it was cut off.${size}`
  if (lacksLastBoundary(subject)) return `The body has no boundary at its end: it was cut off.${size}`
  if (hasBareMail(subject)) return undefined
  return size === '' ? undefined : `The body was cut off, or something wrote it again.${size}`
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
    findTrace(subject) === undefined &&
    !subject.text.includes('\ufffd')
  )
}

/** The body is neither a JSON array, as SendGrid sends its events, nor a mail. */
function isOther(asked: Asked): boolean {
  const { state, text } = asked.subject
  return isIntact(asked) && state.body !== undefined && !isMail(asked.subject) && !/^\[.*\]$/s.test(text.trim())
}

const dash = 0x2d

function isMail(subject: SendGridSubject): boolean {
  return isMultipart(subject) || subject.state.body?.[0] === dash
}

function isMultipart({ request }: SendGridSubject): boolean {
  return /^multipart\//i.test(readSingle(readHeaders(request.headers), 'content-type') ?? '')
}

// Its stream has ended behind the guard: multer answers "Unexpected end of form".
const parseBehind =
  'Put the guard before the parser of multipart (such as multer), take that parser off this route, and parse webhook.body in the handler: behind the guard the stream is spent. docs/sendgrid-inbound-parse.md has the code.'

/** Describes a trace that only a parser leaves. */
function findTrace(subject: SendGridSubject): string | undefined {
  if (subject.text.startsWith('[object')) return 'The body is "[object …".'
  const { body } = subject.state
  return isMail(subject) &&
    subject.parsed === undefined &&
    body !== undefined &&
    body[0] !== dash &&
    !isCompressed(subject)
    ? 'The body of a multipart does not begin with its boundary.'
    : undefined
}

/** Repairs a signature that is encoded in another way. */
function* listRepaired([text = '']: readonly string[]): Generator<Reading & { readonly compare: 'same' }> {
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
  // DER that was cut off to 64 bytes begins as DER.
  if (bytes?.length === 64 && !(bytes[0] === 0x30 && bytes[2] === 0x02)) {
    yield { text: formatSignature(value), compare: 'same', detail: sideBySide, fix: signAsDer }
    return
  }
  if (parseSignature(repaired) === undefined) changes.push('with its numbers in another spelling than DER')
  yield { text: formatSignature(value), compare: 'same', detail: `The signature arrived ${changes.join(', ')}.` }
}

const sideBySide =
  'The signature is r and s side by side (64 bytes), as WebCrypto and JWTs have it. SendGrid sends DER, so your test or another program made this one.'
const signAsDer =
  "For a test, sign with signSendGridRequest of tollgate/testing, or let node:crypto write DER (dsaEncoding: 'der', its default)."

/** Reads r and s side by side, or in BER: with long forms, zeros before a number, bytes behind. */
function parseLeniently(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 64) return parseSignature(formatSignature(bytes))?.numbers
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

function repairTimestamp({ timestampText: text }: SendGridSubject): { digits: string; detail: string } | undefined {
  if (text === undefined || isTimestamp(text)) return undefined
  const digits = repairTime(text)
  if (digits === undefined) return undefined
  if (/^\s*\d{13}\s*$/.test(text)) return { digits, detail: 'The timestamp is in milliseconds.' }
  const isDate = /[a-z]/i.test(text)
  return { digits, detail: isDate ? 'The timestamp is written as a date.' : 'The timestamp is not 10 digits.' }
}

/** Reads the seconds of a timestamp that is written in another way, also as a date. */
function repairTime(text: string): string | undefined {
  const digits = text.replace(/[\s"']/g, '').slice(0, 10)
  if (isTimestamp(digits)) return digits
  const date = text.length > 40 ? Number.NaN : Date.parse(text)
  const seconds = String(Math.floor(date / 1000))
  return isTimestamp(seconds) ? seconds : undefined
}

function signAt(timestamp: string, cost: number, detail: string): Edit<SendGridState> {
  return { dimension: 'timestamp', cost, apply: (state) => ({ ...state, timestamp }), detail }
}

const timestampLost =
  'The request has X-Twilio-Email-Event-Webhook-Signature, and its timestamp header is missing: the webhook signs, and something dropped the header.'
const signatureLost =
  'The request has X-Twilio-Email-Event-Webhook-Timestamp, and its signature header is missing: the webhook signs, and something dropped the header.'
const passSignature = 'Let every proxy pass X-Twilio-Email-Event-Webhook-Signature on.'
const passTimestamp = 'Let every proxy pass X-Twilio-Email-Event-Webhook-Timestamp on.'

/** Another program sent a request that looks like SendGrid's. An adapter reads no body without a signature. */
function describeForwarder(subject: SendGridSubject): Finding | undefined {
  const { text, state, parsed } = subject
  const agent = readAgent(subject)
  const name = showAgent(agent)
  if (!sentByOther(subject) || isByHand(agent)) return undefined
  const lets = (who: string): string =>
    `${who} keep X-Twilio-Email-Event-Webhook-Signature and X-Twilio-Email-Event-Webhook-Timestamp.`
  const setting = 'If they do not arrive there, turn the signature on at SendGrid.'
  if (/"sg_event_id" ?:/.test(text.slice(0, 10_000)) || readBoundary(subject) === boundaryOfSendGrid)
    return {
      detail: `The body looks like SendGrid's, but the User-Agent is ${name ?? 'another'}: a program may have sent it on without both headers of the signature.`,
      fix: `${lets(`Let ${name ?? 'the program'}, which sends the request on,`)} ${setting}`,
    }
  if (name === undefined || state.body !== undefined || parsed !== undefined) return undefined
  return {
    detail: `The User-Agent is ${name}, and not that of SendGrid: if it is a program of yours that sends requests on, it dropped both headers of the signature.`,
    fix: `${lets(`If ${name} sends SendGrid's requests on, let it`)} ${setting}`,
  }
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

function describeSize({ request: { headers } }: SendGridSubject): string {
  const length = readSingle(readHeaders(headers), 'content-length') ?? ''
  return `The body is larger than "maxBodyBytes"${/^\d{1,15}$/.test(length) ? ` (Content-Length ${length})` : ''}.`
}

/** Reads the time of the last event. SendGrid signs a batch some seconds after it. */
function readLatest(subject: SendGridSubject): number {
  const events = Array.isArray(subject.parsed) ? subject.parsed : (parseArray(subject.text) ?? [])
  const times = events.map((event) => Object(event).timestamp).filter(Number.isInteger)
  return times.reduce((most: number, time: number) => Math.max(most, time), 0)
}

function* listOtherTimestamps(subject: SendGridSubject): Generator<Edit<SendGridState>> {
  if (lostTimestamp(subject)) return
  const latest = readLatest(subject)
  const given = subject.state.timestamp ?? repairTimestamp(subject)?.digits
  const arrived = given === undefined ? '' : `, and ${given} arrived`
  const isOnWay = subject.isGuarded || sentByOther(subject)
  const fix = isOnWay
    ? `Something before ${mayBeRebuilt(subject) ? 'the guard' : 'this server'}${showSender(subject)} writes a time of its own into X-Twilio-Email-Event-Webhook-Timestamp: let it pass the header on unchanged.`
    : undefined
  for (let seconds = 0; seconds <= 60; seconds++)
    for (const time of [latest + seconds, ...(given === undefined ? [] : [+given - seconds, +given + seconds])])
      if (isTimestamp(String(time)))
        yield { ...signAt(String(time), 4, `It was signed with the timestamp ${time}${arrived}.`), fix }
}

const lostEnd = 'A line end at the end is lost.'
const gainedEnd = 'White space or a line end was added to the body.'
const addNothing = 'Add nothing to the body: verify the bytes that arrived.'

function replaceBody(changed: string | Uint8Array, detail: string, fix?: string): Edit<SendGridState> {
  const body = typeof changed === 'string' ? encodeUtf8(changed) : changed
  return { dimension: 'body', cost: 1, apply: (state) => ({ ...state, body }), detail, fix }
}

/** What a program on the way does to the body. */
const changesOf = {
  json: rewritesJson,
  white_space: 'trims the body',
  line_ends: 'changes the line ends',
} as const

/** Lists what the body may have been before its text changed in this way. */
function* listBodies(
  subject: SendGridSubject,
  kind: 'json' | 'white_space' | 'line_ends',
): Generator<Edit<SendGridState>> {
  const { text } = subject
  if (text === '') return
  const json = parseArray(text)
  const fix = fixBefore(subject, changesOf[kind])
  const lines = text.replace(/\r?\n/g, '\r\n')
  const written = json === undefined ? text : formatEvents(json)
  const isSplit = json !== undefined && json.length > 1 && lines.trimEnd() === written.trimEnd()
  const known =
    isSplit && lines.trimEnd() !== text.trimEnd()
      ? 'line_ends'
      : text.trim() === written.trim()
        ? 'white_space'
        : 'json'
  const isLonger = text.length > written.length
  if (written !== text && kind === known)
    yield known !== 'white_space'
      ? replaceBody(written, 'The events were written again, or lost their line ends.', fix)
      : isLonger
        ? replaceBody(written, gainedEnd, addNothing)
        : replaceBody(written, lostEnd, fix)
  if (kind === 'white_space') {
    for (const end of ['\r\n', '\n']) yield replaceBody(text + end, lostEnd, fix)
    if (text.endsWith('\n')) yield replaceBody(text.replace(/\r?\n$/, ''), gainedEnd, addNothing)
  }
  if (kind === 'line_ends' && lines !== text) {
    yield replaceBody(lines, 'Line ends became \\n.', fix)
    yield replaceBody(`${lines}\r\n`, 'Line ends became \\n, and the last is lost.', fix)
  }
  if (kind !== 'json' || json === undefined) return
  const compact = JSON.stringify(json)
  yield replaceBody(compact, 'The JSON was written again.', fix)
  for (const one of [written, compact])
    for (const signs of /&/.test(one) ? [/[<>&]/g, /[<>]/g] : [/[<>]/g])
      if (signs.test(one)) yield replaceBody(escapeSigns(one, signs), lostEscapes, fix)
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

/** Lists what the body may have been before it was decoded or encoded as a whole. */
function* listDecoded({ text, state }: SendGridSubject): Generator<Edit<SendGridState>> {
  const latin = text === '' ? toLatin(state.body) : ''
  if (latin !== '') yield replaceBody(latin, 'The body was written in Latin-1.', fixText)
  if (text.startsWith('\ufeff')) yield replaceBody(text.slice(1), 'A byte order mark was added.', fixText)
  if (/[\x80-\xff]/.test(text) && !/[^\0-\xff]/.test(text))
    yield replaceBody(
      Uint8Array.from(text, (one) => one.charCodeAt(0)),
      'The bytes were decoded as Latin-1.',
      fixLatin,
    )
  const base64 = /^[A-Za-z0-9+/]{8,}=*$/.test(text) ? decodeBase64(text) : undefined
  if (base64 !== undefined) yield replaceBody(base64, 'The body is still in Base64, as Lambda passes it.', fixBase64)
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
