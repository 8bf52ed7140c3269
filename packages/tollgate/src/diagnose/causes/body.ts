import { decodeUtf8, encodeUtf8 } from '../../bytes.ts'
import { type Pairs, parseForm } from '../../form.ts'
import { findBodyHash, hashBody } from '../../schemes/twilio/sign/signature.ts'
import type { Rejected } from '../../verdict.ts'
import { readSingle } from '../../verify/head.ts'
import {
  doubledReturns,
  fixReturns,
  gainedMark,
  isRewrittenJson,
  isSpacedJson,
  listBodyVariants,
  lostLines,
  parseBoundedJson,
} from '../body-variants.ts'
import { type Encoding, encodeStart, listEncodings, toSingleBytes } from '../encodings.ts'
import { spellName } from '../evidence.ts'
import { findJsonForm } from '../json-form.ts'
import { isHugeForm, parseFormBody } from '../limits.ts'
import { startsLikeTwilioName } from '../mask.ts'
import type { Consumed, State, Subject } from '../reading.ts'
import { stripBlanks } from '../spelling.ts'
import { changes } from './differences.ts'
import { keepNestBytes } from './params.ts'
import {
  describeMultipart,
  holdsForm,
  isOwnText,
  listRewrittenForms,
  showType,
  writtenAgain,
} from './rewritten-forms.ts'
import {
  type CauseRow,
  type Edit,
  editValues,
  type Finding,
  type Fixes,
  type OtherCause,
  type ProvenState,
  type Row,
  redactedPart,
  takeForm,
} from './row.ts'

/** The fix for parsers that keep no bytes. */
const keepBytes: Fixes = {
  express:
    "Put the guard before the body parser, or keep the bytes: give express.json() { limit: '1mb', verify: captureRawBody }.",
  fastify: 'Register the plugin in the scope, before any hook that reads the body.',
  koa: 'Put the guard before the body parser, or use one that keeps ctx.request.rawBody.',
  hono: 'Put the guard first, or read the body with c.req.text() or arrayBuffer().',
  nest: keepNestBytes,
  next: 'In the Pages Router export config = { api: { bodyParser: false } }. The App Router needs nothing.',
  lambda: 'Put twilioWebhookMiddy before httpJsonBodyParser and httpUrlencodeBodyParser.',
}

const writtenAgainBefore =
  'Pass the form on as it arrived, or verify in the program that Twilio calls: Twilio did not sign what another one writes.'

const passParams = 'Pass RequestValidator the parameters: new URLSearchParams(text).'

const spacedFixes: Readonly<Record<string, string>> = {
  [gainedMark]: 'Let nothing on the way add a byte order mark (.NET: new UTF8Encoding(false)).',
  [doubledReturns]: fixReturns,
  [lostLines]: 'Send the body with its line ends. With curl: --data-binary @FILE, because -d @FILE removes them.',
}

/** Changes of the body as a whole. */
export const bodyCauses = {
  body_reserialized: {
    title: 'JSON was parsed and serialised again',
    fixOfCopy:
      'If you wrote this copy yourself, give the body as it arrived, with every space and line end (curl: --data-binary @FILE).',
    fix: 'Pass the bytes that arrived, never JSON.stringify of the parsed body, and let nothing before this server write the JSON again.',
    part: 'body',
    accompany(_subject, { bodyChange }) {
      return bodyChange?.written === undefined ? undefined : { detail: describeWritten(bodyChange.written) }
    },
    explainBody(subject) {
      if (isDecodedTwice(subject) || isCompressed(subject) || hasLostBytes(subject)) return undefined
      if (!isJson(subject))
        return {
          detail: `${otherHash} It is not complete JSON: something cut it off, changed characters in it or replaced it.`,
          fix: 'Pass the whole body as it arrived, byte for byte.',
        }
      if (isSpaced(subject)) return undefined
      if (isRedacted(subject))
        return {
          detail: `${otherHash} It has a mark that filters and logs write in place of what they hide.`,
          fix: 'Let nothing hide a part of the body before the check. If this is from a log, diagnose a copy in which nothing is hidden.',
        }
      return {
        detail: `${otherHash} ${isRewritten(subject) ? 'It is written as a parser writes JSON.' : 'It is JSON in another form.'} Something changed it, or it is forged.`,
      }
    },
    suspect({ subject }) {
      return hasOtherHash(subject) && !isSpaced(subject) ? { detail: notSigned } : undefined
    },
  } satisfies CauseRow as Row,
  body_whitespace: {
    title: 'White space in the body changed',
    fix: 'Pass the bytes that arrived, without trimming them or changing their line breaks.',
    part: 'body',
    *edits(subject) {
      yield* listTrimmedForm(subject)
      yield* listLineBreaks(subject)
    },
    accompany(_subject, { bodyChange }) {
      const spaced = bodyChange?.spaced
      if (spaced === undefined) return undefined
      return { detail: `The body ${spaced}.`, fix: spacedFixes[spaced] }
    },
    explainBody(subject) {
      return !isSpaced(subject) || hasLostBytes(subject) || !isJson(subject)
        ? undefined
        : { detail: `${otherHash} It has white space or line breaks that no parser writes: these may have changed.` }
    },
    suspect({ subject }) {
      return hasOtherHash(subject) && isSpaced(subject) ? { detail: notSigned } : undefined
    },
    differences: [
      {
        detail: 'The line breaks in these parameters changed',
        applies: changes(
          (value) => value.replace(/\r\n|\r/g, '\n'),
          (value) => value.replace(/\r\n|\r|\n/g, '\r\n'),
        ),
      },
    ],
  } satisfies CauseRow as Row,
  body_charset: {
    title: 'The character set of the body changed',
    fix: 'Pass the bytes that arrived. If something has to read them as text, let it read UTF-8.',
    part: 'body',
    *edits(subject) {
      yield* listEncodedForms(subject, 'charset')
      yield* listMisread(subject)
      yield* listNormalized(subject)
    },
    changesParams: true,
    accompany: (_subject, proof) => describeEncoded(proof, 'charset'),
    explainBody(subject) {
      return hasLostBytes(subject) ? { detail: `${otherHash} ${lostCharacters}` } : undefined
    },
    rejections: {
      body_unsigned({ bodyMatches, method }) {
        // The body has its hash, so only the charset of its type is left as the reason.
        return bodyMatches && method !== 'GET' ? { detail: otherCharset, fix: keepType } : undefined
      },
      body_malformed({ body, isForm }) {
        return isForm && body !== undefined && decodeUtf8(body) === undefined ? { detail: notUtf8 } : undefined
      },
    },
    suspect({ subject, rejection }) {
      if (subject.tooLarge || rejection.reason === 'body_unfinished') return undefined
      if (isCompressed(subject)) return undefined
      const isCut = subject.contentLength > (subject.body?.length ?? 0) || isCutForm(subject)
      const isOtherType = isDecodedTwice(subject) || subject.looksLikeJson
      if (rejection.code === 'body_malformed' && subject.isForm && !isCut && !isOtherType)
        return {
          detail: notUtf8,
        }
      return subject.isForm && hasLostCharacters(subject) ? { detail: lostCharacters } : undefined
    },
    differences: [
      {
        detail: 'Something read these parameters in another character set',
        applies: (one) =>
          changes((value) => Array.from(encodeUtf8(value), (byte) => String.fromCharCode(byte)).join(''))(one, []) ||
          one.seen.some((value, at) => value.includes('\ufffd') && one.sent[at]?.includes('\ufffd') === false),
      },
    ],
  } satisfies CauseRow as Row,
  body_base64: {
    title: 'The body is in Base64, or was decoded from it twice',
    fix: 'Pass the body with its flag (isBase64Encoded) as the platform gave them. A program that sends it on by HTTP has to decode it.',
    part: 'body',
    edits: (subject) => listEncodedForms(subject, 'base64'),
    changesParams: true,
    accompany: (_subject, proof) => describeEncoded(proof, 'base64'),
    suspect: ({ subject }) => (isDecodedTwice(subject) ? decodedTwice : undefined),
    explainBody: (subject) => (isDecodedTwice(subject) ? decodedTwice : undefined),
  } satisfies CauseRow as Row,
  body_hash_missing: {
    title: 'bodySHA256 is missing',
    fix: 'Keep the query, which holds bodySHA256, and pass the whole request target.',
    isOfEvent: true,
    part: 'body',
    edits: listHashes,
    accompany({ body }, { state }) {
      return state.covers === 'body' && body !== undefined && findBodyHash(state.url.query) === undefined
        ? { detail: 'The signature matches, but the URL has no bodySHA256: the signature does not cover this body.' }
        : undefined
    },
    suspect({ subject }) {
      const { body, isForm, looksLikeJson, state, unread, method, signatures } = subject
      if (signatures.length === 0 || unread || method === 'GET' || isForm || body === undefined || !looksLikeJson)
        return undefined
      // A function of the user's may drop it.
      if (/[?&]bodySHA256=/.test(subject.request.url)) return undefined
      // A form that something wrote as JSON never had one.
      if (findJsonForm(subject) !== undefined || holdsForm(subject) || isOwnText(subject)) return undefined
      return findBodyHash(state.url.query) === undefined
        ? { detail: 'The body is JSON, and the URL has no bodySHA256: its query was lost or changed.' }
        : undefined
    },
  } satisfies CauseRow as Row,
  json_taken_as_form: {
    title: 'JSON was treated as a form',
    fix: 'Pass Content-Type: application/json on unchanged. bodySHA256 covers JSON, parameters do not.',
    fixes: { express: 'Pass the raw body to the validator, not the object from express.json().' },
    isOfEvent: true,
    part: 'body',
    edits({ body, given, state, contentType, looksLikeJson }) {
      if (state.covers !== 'params' || !(looksLikeJson || given !== undefined)) return []
      return [
        {
          dimension: 'source',
          cost: given === undefined || /json/i.test(contentType) ? 1 : 3,
          apply: (one) => ({ ...one, pairs: [], covers: body === undefined ? 'url' : 'body' }),
          detail: `The body is JSON, but was treated as form parameters (Content-Type ${showType(contentType)}).`,
          fix: /json/i.test(contentType) ? 'Pass the raw body, not the object that a parser made of it.' : undefined,
        },
      ]
    },
    changesParams: true,
    suspect({ subject }) {
      // A row of its own explains the parameters of a form webhook.
      return subject.isForm && subject.looksLikeJson && findJsonForm(subject) === undefined && isJson(subject)
        ? {
            detail:
              'The body is JSON, and its Content-Type is that of a form: something changed the type, or wrote a form again as JSON.',
            fix: 'Pass on the body and its Content-Type as they arrived.',
          }
        : undefined
    },
  } satisfies CauseRow as Row,
  form_taken_as_json: {
    title: 'A form was treated as another type',
    fix: 'Pass Content-Type: application/x-www-form-urlencoded on unchanged.',
    fixes: { lambda: 'Use the proxy integration, without mapping templates.' },
    part: 'body',
    edits: listRewrittenForms,
    changesParams: true,
    suspect({ subject, rejection }) {
      const { contentType, body, parsed, isForm, state, looksLikeJson } = subject
      if (typeof parsed === 'string' && parsed.includes('='))
        return {
          detail: 'The parameters are a text. A text is a raw body, which only bodySHA256 covers.',
          fix: passParams,
        }
      const isUncovered = rejection.code === 'body_unsigned' && findBodyHash(state.url.query) === undefined
      if (((isForm && looksLikeJson) || isUncovered) && findJsonForm(subject) !== undefined)
        return {
          detail: `The body is JSON with the parameters of a form webhook, ${isForm ? 'and its Content-Type is that of a form' : 'and the URL has no bodySHA256'}: something wrote the form again as JSON.`,
          fix: writtenAgain,
        }
      const multipart = rejection.code === 'signature_missing' ? undefined : describeMultipart(subject)
      if (multipart !== undefined) return multipart
      if (isOwnText(subject))
        return {
          detail:
            'The request has a signature, and nothing of Twilio’s in its body and its User-Agent: if a program of yours got the webhook, it sends a text of its own.',
          fix: writtenAgainBefore,
        }
      if (holdsForm(subject))
        return {
          detail:
            'The body has the parameters of a form webhook, and no parser finds them in it: something wrote the form in another way, or put it into another text.',
          fix: writtenAgain,
        }
      if (rejection.code !== 'body_unsigned' || body === undefined || isForm || /json/i.test(contentType))
        return undefined
      return {
        detail: `The Content-Type is ${showType(contentType)}. Twilio sends forms and JSON: something replaced the body, or its type.`,
        fix: writtenAgain,
      }
    },
    differences: [
      {
        detail: 'Twilio sent a form, and the server saw another text in its place',
        fix: writtenAgainBefore,
        applies: ({ what, seen }) => what === 'body' && seen.join() === 'no form',
      },
    ],
  } satisfies CauseRow as Row,
  body_compressed: {
    title: 'The body is compressed',
    fix: 'Let nothing on the way compress the bodies of requests, or let the proxy decompress them and remove Content-Encoding.',
    part: 'body',
    suspect({ rejection, subject }) {
      return rejection.code === 'content_encoding_unsupported' ? compressed : findCompressed(subject)
    },
    explainBody: findCompressed,
    rejections: { content_encoding_unsupported: () => compressed },
  } satisfies CauseRow as Row,
  body_limit: {
    title: 'The body is larger than the limit',
    fix: 'Raise "maxBodyBytes" if Twilio sends such bodies, for example batches of Event Streams.',
    part: 'body',
    suspect({ subject, rejection }) {
      return rejection.code === 'body_too_large' ? describeSize(subject) : undefined
    },
    rejections: { body_too_large: describeSize },
  } satisfies CauseRow as Row,
  body_already_parsed: {
    title: 'Something else read the body first',
    fix: 'Verify before anything else reads the body, or keep its bytes: give the parsers of Express { verify: captureRawBody }.',
    fixes: keepBytes,
    isOfLostBody: true,
    part: 'body',
    accompany: describeLostBody,
    suspect: ({ subject, rejection }) => suspectLostBody(subject, rejection),
    rejections: {
      body_already_consumed: ({ consumed, contentType }) => consumed && describeConsumed(consumed, contentType),
    },
  } satisfies CauseRow as Row,
  body_missing: {
    title: 'The body did not arrive',
    fix: 'Let the proxy pass the body on (nginx: without proxy_pass_request_body off). If you call verify() yourself, pass the raw body.',
    isOfLostBody: true,
    part: 'body',
    accompany(subject, { state, changesParams, addsHash }) {
      return !changesParams && !addsHash && lacksSignedBody(subject, state) && arrivedEmpty(subject)
        ? subject.isAuthorizer
          ? withoutBody
          : { detail: 'The signature matches, but the body that bodySHA256 covers did not arrive.' }
        : undefined
    },
    suspect({ subject }) {
      const { method, unread, body, given, isForm, contentLength, consumed, header, queryPairs } = subject
      const isEmpty = !unread && (body === undefined || body.length === 0) && given === undefined
      if (isEmpty && method !== 'GET' && subject.isAuthorizer) return withoutBody
      if (isEmpty && method === 'GET' && !subject.handshake && queryPairs.length === 0) {
        const original = methodHeaders.find((name) => /^(POST|PUT)$/.test(readSingle(header, name) ?? ''))
        if (original !== undefined)
          return {
            detail: `The request is a GET without a body, and ${spellName(original)} says ${readSingle(header, original)}: a proxy asks about another request.`,
            fix: wholeRequest,
          }
        if (isForm)
          return {
            detail:
              'The request is a GET without a body and a query, and its Content-Type is that of a form: something made a GET of a POST.',
            fix: wholeRequest,
          }
      }
      return isEmpty && isForm && method !== 'GET' && contentLength === 0 && consumed === undefined
        ? { detail: 'The Content-Type is that of a form, and the request arrived without a body.' }
        : undefined
    },
    differences: [
      {
        detail: 'The request arrived without a body',
        applies: ({ what, seen }) => what === 'body' && seen.length === 0,
      },
    ],
  } satisfies CauseRow as Row,
}

/** Headers in which a proxy names the method of the request that it asks about. */
const methodHeaders = ['x-forwarded-method', 'x-original-method']

const wholeRequest =
  'Let the verifier get the request itself: nginx auth_request and Caddy forward_auth send no body. Put the gateway behind the proxy.'

/** The URL names the hash of a body, and there is no body. */
function lacksSignedBody({ body, unread, method }: Subject, { url, covers }: State): boolean {
  const hash = findBodyHash(url.query)
  const isEmpty = body === undefined || body.length === 0
  return (
    !unread &&
    method !== 'GET' &&
    isEmpty &&
    covers === 'url' &&
    hash !== undefined &&
    hash !== hashBody(new Uint8Array(0))
  )
}

const withoutBody: Finding = {
  detail: 'The event is that of a Lambda authorizer: API Gateway gives it no body, which the signature covers.',
  fix: 'Verify in the function behind the authorizer, whose event has the body.',
}

/** No body arrived, so no code of this server took it. */
function arrivedEmpty({ header, contentLength, consumed, given, isAuthorizer }: Subject): boolean {
  if (consumed !== undefined || given !== undefined) return false
  return isAuthorizer || (contentLength === 0 && header('transfer-encoding').length === 0)
}

function describeSize({ contentLength }: Subject): Finding {
  const size = contentLength > 0 ? ` (Content-Length ${contentLength})` : ''
  return { detail: `The body is larger than "maxBodyBytes"${size}.` }
}

/** The first bytes of gzip, zstd and zlib, in hex. */
const compressedStart = /^(1f8b|28b52ffd|78(01|5e|9c|da))/

/** Recognises a compressed body. No form and no JSON starts like one. */
function isCompressed({ body }: Subject): boolean {
  if (body === undefined || decodeUtf8(body) !== undefined) return false
  const start = Array.from(body.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0'))
  return compressedStart.test(start.join(''))
}

function findCompressed(subject: Subject): Finding | undefined {
  return isCompressed(subject) ? { detail: 'The body is compressed, and no Content-Encoding says so.' } : undefined
}

const compressed: Finding = {
  detail: 'The request has a Content-Encoding: something compressed its body. Twilio does not.',
}
const notUtf8 = 'The form is not UTF-8: it has other bytes, or escapes of another character set.'
const lostCharacters =
  'It has characters (U+FFFD) that stand for bytes that were lost: something read it in another character set.'

/** Describes an encoding of the whole body, if it is of this kind. */
function describeEncoded({ bodyChange }: ProvenState, kind: Encoding['kind']): Finding | undefined {
  return bodyChange?.encoded?.kind === kind ? { detail: bodyChange.encoded.detail } : undefined
}

function hasLostCharacters({ body }: Subject): boolean {
  const text = body === undefined || body.length > 64 * 1024 ? undefined : decodeUtf8(body)
  return text !== undefined && (text.includes('\ufffd') || /%EF%BF%BD/i.test(text))
}

/** A parser keeps characters that Twilio sent: then the body has the length that was sent. */
function hasLostBytes(subject: Subject): boolean {
  return hasLostCharacters(subject) && !(isRewritten(subject) && hasSentLength(subject))
}

function hasSentLength({ body, contentLength }: Subject): boolean {
  return body !== undefined && contentLength === body.length
}

const decodedTwice: Finding = {
  detail: 'The body was decoded from Base64 although it was not encoded.',
  fix: 'Set isBase64Encoded to false where the body is decoded, or pass the event on unchanged.',
}

/**
 * Recognises a body that was decoded from Base64 although it was not encoded: encoded again, it
 * starts with the name of a parameter, or has words of an event.
 */
function isDecodedTwice({ body, isForm, method }: Subject): boolean {
  if (body === undefined || body.length === 0 || method === 'GET' || decodeUtf8(body) !== undefined) return false
  const start = encodeStart(body)
  return isForm ? startsLikeTwilioName(start) : /twilio|specversion|eventtype|accountsid/i.test(start)
}

/** Checks if a form ends inside an escape. */
export function isCutForm({ isForm, body, method }: Subject): boolean {
  return isForm && body !== undefined && method !== 'GET' && /%[0-9a-f]?$/i.test(decodeUtf8(body.subarray(-3)) ?? '')
}

function isRedacted({ body }: Subject): boolean {
  return body !== undefined && redactedPart.test(decodeUtf8(body) ?? '')
}

/** Checks if the body is JSON. A large one counts as JSON. */
function isJson({ body }: Subject): boolean {
  const text = body === undefined ? undefined : decodeUtf8(body)
  return text !== undefined && (text.length > 256 * 1024 || parseBoundedJson(text) !== undefined)
}

/** A form that was encoded or decoded as a whole. */
function* listEncodedForms({ body, isForm, method }: Subject, kind: Encoding['kind']): Generator<Edit> {
  if (!isForm || body === undefined || method === 'GET' || isHugeForm(body)) return
  for (const found of listEncodings(body))
    if (found.kind === kind) yield* takeForm(parseFormBody(found.bytes), { detail: found.detail })
  if (kind === 'charset')
    yield* takeForm(parseLatin(decodeUtf8(body)), {
      detail: 'The escapes of the form are those of Latin-1. Twilio sent UTF-8.',
    })
}

/** Values that were read in another character set, also those of a parser that kept no bytes. */
function* listMisread({ formPairs }: Subject): Generator<Edit> {
  const change = (text: string): string => {
    const bytes = toSingleBytes(text)
    return (bytes && decodeUtf8(bytes)) ?? text
  }
  if (formPairs.some(([name, value]) => change(value) !== value || change(name) !== name))
    yield {
      dimension: 'source',
      cost: 1,
      apply: editValues(change, change),
      detail: 'The values are UTF-8 that something read as Latin-1.',
    }
}

/**
 * Letters with accents have two spellings in Unicode, and middleware may turn one into the other.
 */
function* listNormalized({ formPairs }: Subject): Generator<Edit> {
  for (const form of ['NFD', 'NFC'])
    if (formPairs.some(([, value]) => value.normalize(form) !== value))
      yield {
        dimension: 'names',
        cost: 2,
        apply: editValues((value) => value.normalize(form)),
        detail: `Something normalised the Unicode text of the values. Twilio signed ${form}.`,
      }
}

/** Parses a form whose escapes are Latin-1, such as %FC for "ü". */
function parseLatin(form: string | undefined): Pairs | undefined {
  if (form === undefined || parseForm(form) !== undefined) return undefined
  return parseForm(
    form.replace(/%[89a-f][0-9a-f]/gi, (one) => encodeURIComponent(decodeWindows(Number.parseInt(one.slice(1), 16)))),
  )
}

function decodeWindows(byte: number): string {
  return new TextDecoder('windows-1252').decode(Uint8Array.of(byte))
}

const otherHash = 'The signature proves the URL with its bodySHA256, and this body has another hash.'
const notSigned = 'The body does not have the hash that bodySHA256 in the URL names.'

const rewritten = new WeakMap<Subject, boolean>()

/** Checks if a parser may have written the body, once for each request. */
function isRewritten(subject: Subject): boolean {
  const { body, work } = subject
  const known = rewritten.get(subject) ?? (body !== undefined && isRewrittenJson(body, work))
  rewritten.set(subject, known)
  return known
}

/**
 * Checks if the white space is what is odd about JSON: without it, the text is what a parser
 * writes, and with it, no parser writes it.
 */
function isSpaced(subject: Subject): boolean {
  const { body, work } = subject
  return body !== undefined && !isRewritten(subject) && isSpacedJson(body, work)
}

function hasOtherHash({ body, state, bodyMatches }: Subject): boolean {
  const hasBody = body !== undefined && body.length > 0 && state.covers === 'body'
  return hasBody && findBodyHash(state.url.query) !== undefined && !bodyMatches
}

function describeWritten(how: string): string {
  return `The body was parsed and written again. Twilio sent it ${how}.`
}

/** A form with white space at its end: the white space becomes part of the last value. */
function* listTrimmedForm({ isForm, body, method }: Subject): Generator<Edit> {
  const text = isForm && body !== undefined && method !== 'GET' ? decodeUtf8(body) : undefined
  const trimmed = text && stripBlanks(text.trimStart())
  if (trimmed === undefined || trimmed === text) return
  // stripBlanks and trimStart take the mark for white space.
  const isMarked = text?.startsWith('\ufeff') === true
  yield* takeForm(parseForm(trimmed), {
    detail: isMarked ? `The form ${gainedMark}.` : 'White space or a line break was added around the form.',
    fix: isMarked ? spacedFixes[gainedMark] : undefined,
  })
}

function* listLineBreaks({ formPairs }: Subject): Generator<Edit> {
  if (formPairs.length === 0) return
  for (const end of ['\r\n', '\n'])
    yield {
      dimension: 'trim',
      cost: 2,
      apply: editValues((value) => value.replaceAll('\r\n', '\n').replaceAll('\n', end)),
      detail: 'Line breaks in the values were changed between LF and CRLF.',
    }
}

/** The share of the budget for the hashes of other bodies. */
const shareOfHashes = 3 / 8

/**
 * Adds a `bodySHA256` to the URL: that of this body, or of a body that Twilio may have sent
 * instead.
 */
function* listHashes({ body, state, work, looksLikeJson }: Subject): Generator<Edit> {
  if (body === undefined || body.length === 0 || /[?&]bodySHA256=/.test(state.url.query)) return
  if (state.covers === 'params' && !looksLikeJson) return
  const name = (id: keyof typeof bodyCauses, detail: string): OtherCause => ({ id, detail })
  const offer = (hash: string, also: readonly OtherCause[]): Edit => ({
    dimension: 'hash',
    cost: 1 + 2 * also.length,
    also,
    apply: (one) =>
      one.covers === 'body'
        ? {
            ...one,
            covers: 'url',
            url: { ...one.url, query: `${one.url.query.length > 1 ? `${one.url.query}&` : '?'}bodySHA256=${hash}` },
          }
        : undefined,
    detail: 'The URL lost its bodySHA256. Without it, the signature does not cover a JSON body.',
  })
  yield offer(hashBody(body), [])
  for (const { hash, written, spaced, encoded } of listBodyVariants(body, work, shareOfHashes))
    yield offer(hash, [
      ...(encoded === undefined ? [] : [name(`body_${encoded.kind}`, encoded.detail)]),
      ...(written === undefined ? [] : [name('body_reserialized', describeWritten(written))]),
      ...(spaced === undefined
        ? []
        : [{ ...name('body_whitespace', `The body ${spaced}.`), fix: spacedFixes[spaced] }]),
    ])
}

/** The signature matches, but the body that it covers is gone. */
function describeLostBody(subject: Subject, { state, changesParams, addsHash }: ProvenState): Finding | undefined {
  const { consumed, contentType } = subject
  // If the parameters or the hash changed, the parser that read the body is named already.
  if (changesParams || addsHash) return undefined
  if (consumed !== undefined) return describeConsumed(consumed, contentType)
  return lacksSignedBody(subject, state) && !arrivedEmpty(subject) ? { detail: lostJson, fix: passBody } : undefined
}

const otherCharset = 'The body is not a form, and its Content-Type names another charset than UTF-8.'
const keepType = 'Pass Content-Type on unchanged: Twilio names no other charset.'

const lostJson =
  'The signature matches, but the body that bodySHA256 covers is missing: something read it before, or your code does not pass it.'
const unfinished = 'The body could not be read to its end: something read it before, or the connection ended.'
const passBody = 'Pass the raw body to the verifier, and verify before anything else reads it.'

function describeConsumed({ by, fix }: Consumed, contentType: string): Finding {
  return {
    detail: `The body was read before the verifier could read it, and its bytes are lost (${by.slice(0, 80)}).`,
    // A parser of multipart has no place for what keeps bytes.
    fix: /^multipart\//i.test(contentType) ? beforeMultipart : fix,
  }
}

const beforeMultipart =
  'Put the guard before the parser of multipart (such as multer), and let what wrote the form as multipart pass it on as it arrived.'

function suspectLostBody(subject: Subject, rejection: Rejected): Finding | undefined {
  const { consumed, body, unread, given, contentLength } = subject
  if (unread && rejection.reason === 'body_unfinished') return { detail: unfinished, fix: passBody }
  if (consumed !== undefined && given === undefined) return describeConsumed(consumed, subject.contentType)
  const isEmpty = !unread && (body === undefined || body.length === 0) && given === undefined
  if (isEmpty && contentLength > 0 && !subject.isAuthorizer && rejection.code !== 'body_too_large')
    return {
      detail: `The verifier got no body, but Content-Length is ${contentLength}: something read the body before, or your code does not pass it.`,
      fix: passBody,
    }
  const start = body === undefined ? '' : String.fromCharCode(...body.subarray(0, 20))
  return start.startsWith('[object Object]')
    ? { detail: 'The body is "[object Object]": a parsed object was converted to text.' }
    : undefined
}
