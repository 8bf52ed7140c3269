import { decodeUtf8, parseForm } from '../../scheme/form.ts'
import { findBodyHash, hashBody } from '../../scheme/signature.ts'
import { isRewrittenJson, listBodyVariants, parseJson } from '../body-variants.ts'
import { parseFormBody } from '../limits.ts'
import { readParsed, type Subject } from '../reading.ts'
import { stripBlanks } from '../spelling.ts'
import {
  type CauseRow,
  type Edit,
  editValues,
  type Fixes,
  type OtherCause,
  type Proof,
  type Row,
  type Suspicion,
} from './row.ts'

/** The fix for parsers that keep no bytes. */
const keepBytes: Fixes = {
  express: 'Put the guard before express.json(), or keep the bytes: express.json({ verify: captureRawBody }).',
  fastify: 'Register the plugin in the scope: it reads the raw body before the JSON parser does.',
  koa: 'Put the guard before the body parser, or use one that keeps ctx.request.rawBody.',
  hono: 'Put the guard first, or read the body with c.req.text(), json(), parseBody() or arrayBuffer().',
  nest: 'Create the app with rawBody: true.',
  next: 'In the Pages Router export config = { api: { bodyParser: false } }. The App Router needs nothing.',
  lambda: 'Put twilioWebhookMiddy before httpJsonBodyParser and httpUrlencodeBodyParser.',
  firebase: 'Change nothing in the adapter: it reads req.rawBody.',
}

/** Changes of the body as a whole. */
export const bodyCauses = {
  body_reserialized: {
    title: 'JSON was parsed and serialised again',
    symptom:
      'JSON webhooks (Event Streams, Studio, Conversational Intelligence) are refused as `body_hash_mismatch`. Forms pass.',
    reason:
      'bodySHA256 is the hash of the bytes that Twilio sent. JSON.stringify(req.body) returns other bytes: spaces, escapes, numbers and order differ.',
    fix: 'Pass the bytes that arrived, never JSON.stringify of the parsed body.',
    fixes: keepBytes,
    question: 'json',
    accompany(_subject, { bodyChange }) {
      return bodyChange?.written && describeWritten(bodyChange.written)
    },
    explainBody(subject) {
      return isRewritten(subject) ? `${otherHash} A parser read and wrote it, or it is forged.` : undefined
    },
    suspect({ subject }) {
      return hasOtherHash(subject) && isRewritten(subject) ? { score: 66, detail: notSigned } : undefined
    },
  } satisfies CauseRow as Row,
  body_whitespace: {
    title: 'White space in the body changed',
    symptom: 'JSON webhooks are refused as `body_hash_mismatch`, although the bodies look the same.',
    reason:
      'A line break at the end, CRLF in place of LF, or a byte order mark changes the hash. Trimming middleware, text parsers, shells and copied captures cause such changes.',
    fix: 'Pass the bytes that arrived, without trimming them or changing their line breaks.',
    fixes: keepBytes,
    question: 'json',
    *edits(subject) {
      yield* listTrimmedForm(subject)
      yield* listLineBreaks(subject)
    },
    accompany(_subject, { bodyChange }) {
      return bodyChange?.spaced && `The body ${bodyChange.spaced}.`
    },
    explainBody(subject) {
      return isRewritten(subject) ? undefined : `${otherHash} Its white space or line breaks changed, or it is forged.`
    },
    suspect({ subject }) {
      return hasOtherHash(subject) && !isRewritten(subject) ? { score: 66, detail: notSigned } : undefined
    },
  } satisfies CauseRow as Row,
  body_hash_missing: {
    title: 'bodySHA256 is missing',
    symptom: 'JSON webhooks are refused as `body_unsigned`.',
    reason:
      'Twilio adds the hash of a JSON body to the query as bodySHA256. A proxy or a redirect removes it if it drops the query, or passes on only known parameters.',
    fix: 'Keep the query, which holds bodySHA256, and pass the whole request target.',
    fixes: {
      nginx: 'Append $is_args$args in rewrites. proxy_pass without a path keeps the query.',
      cloudflare: 'Turn off rules that drop or filter query parameters of this path.',
      lambda: 'Pass the event on with its query.',
    },
    question: 'json',
    edits: listHashes,
    accompany({ body }, { state }) {
      return state.covers === 'body' && body !== undefined && findBodyHash(state.url.query) === undefined
        ? 'The signature matches, but the URL has no bodySHA256: the signature does not cover this body.'
        : undefined
    },
    suspect({ subject: { body, isForm, looksLikeJson, state, unread, method } }) {
      if (unread || method === 'GET' || isForm || body === undefined || !looksLikeJson) return undefined
      return findBodyHash(state.url.query) === undefined
        ? { score: 78, detail: 'The body is JSON, and the URL has no bodySHA256: its query was lost or changed.' }
        : undefined
    },
  } satisfies CauseRow as Row,
  json_taken_as_form: {
    title: 'JSON was treated as a form',
    symptom: 'A JSON webhook arrives with the Content-Type of a form, or its fields are passed as parameters.',
    reason:
      'JSON fields are not parameters: Twilio signs only the URL, which holds bodySHA256. A proxy that rewrites Content-Type, or code that passes req.body as parameters, breaks that.',
    fix: 'Pass Content-Type: application/json on unchanged. bodySHA256 covers JSON, parameters do not.',
    fixes: { express: 'Pass the raw body to the validator, not the object from express.json().' },
    question: 'json',
    edits({ body, given, state, contentType, looksLikeJson }) {
      if (state.covers !== 'params' || !(looksLikeJson || given !== undefined)) return []
      return [
        {
          dimension: 'source',
          cost: given === undefined || /json/i.test(contentType) ? 1 : 3,
          apply: (one) => ({ ...one, pairs: [], covers: body === undefined ? 'url' : 'body' }),
          detail: `The body is JSON, but was treated as form parameters (Content-Type ${showType(contentType)}).`,
        },
      ]
    },
    changesParams: true,
  } satisfies CauseRow as Row,
  form_taken_as_json: {
    title: 'A form was treated as another type',
    symptom:
      'A form webhook is refused as `body_unsigned`, or `RequestValidator` returns false for the text of a form.',
    reason:
      'Something lost or changed the Content-Type of the form: an API gateway with a JSON template, a function platform’s default, or a test tool. Tollgate reads parameters only from forms. `RequestValidator` does not know the type: it takes a text for a raw body, which only bodySHA256 covers.',
    fix: 'Pass Content-Type: application/x-www-form-urlencoded on unchanged. Pass RequestValidator the parameters: new URLSearchParams(text).',
    fixes: { lambda: 'Use the proxy integration, without mapping templates.' },
    question: 'content_type',
    *edits(subject) {
      yield* listUntypedForm(subject)
      yield* listFormAsJson(subject)
    },
    suspect({ subject: { parsed } }) {
      return typeof parsed === 'string' && parsed.includes('=')
        ? { score: 90, detail: 'The parameters are a text. A text is a raw body, which only bodySHA256 covers.' }
        : undefined
    },
    changesParams: true,
  } satisfies CauseRow as Row,
  body_already_parsed: {
    title: 'Something else read the body first',
    symptom: 'The code is `body_already_consumed` (500), or the body is empty, or it is "[object Object]".',
    reason:
      'A body can be read only once. A parser that ran before kept an object and not the bytes. The bytes cannot be rebuilt from the object.',
    fix: 'Verify before the body parser, or keep the bytes: express.urlencoded({ extended: false, verify: captureRawBody }).',
    fixes: keepBytes,
    question: 'parser',
    accompany: describeLostBody,
    suspect: ({ subject }) => suspectLostBody(subject),
  } satisfies CauseRow as Row,
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
  const pairs = parseForm(trimmed)
  if (pairs !== undefined && pairs.length > 0)
    yield {
      dimension: 'source',
      cost: 1,
      apply: (one) => ({ ...one, pairs, covers: 'params' }),
      detail: 'White space or a line break was added around the form.',
    }
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

function* listUntypedForm({ isForm, body, contentType, method, looksLikeJson }: Subject): Generator<Edit> {
  if (isForm || body === undefined || body.length === 0 || method === 'GET' || looksLikeJson) return
  const pairs = parseFormBody(body)
  if (pairs !== undefined && pairs.length > 0)
    yield {
      dimension: 'source',
      cost: 1,
      apply: (one) => ({ ...one, pairs, covers: 'params' }),
      detail: `The body is a form, and its Content-Type is ${showType(contentType)}.`,
    }
}

function showType(contentType: string): string {
  return contentType === '' ? 'missing' : `"${contentType.slice(0, 60)}"`
}

/** A relay that reads forms and writes JSON: the fields of the JSON are the parameters. */
function* listFormAsJson({ body, state, method, looksLikeJson }: Subject): Generator<Edit> {
  if (state.covers !== 'body' || body === undefined || method === 'GET' || !looksLikeJson) return
  const json = parseJson(decodeUtf8(body) ?? '')?.value
  const pairs = typeof json === 'object' && json !== null && !Array.isArray(json) ? readParsed(json) : undefined
  if (pairs !== undefined && pairs.length > 0)
    yield {
      dimension: 'source',
      cost: 2,
      apply: (one) => ({ ...one, pairs, covers: 'params' }),
      detail: 'The form was rewritten as JSON on the way. Twilio signed its fields as parameters.',
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
  for (const { hash, written, spaced } of listBodyVariants(body, work, shareOfHashes))
    yield offer(hash, [
      ...(written === undefined ? [] : [name('body_reserialized', describeWritten(written))]),
      ...(spaced === undefined ? [] : [name('body_whitespace', `The body ${spaced}.`)]),
    ])
}

/** The signature matches, but the body that it covers is gone. */
function describeLostBody(
  { consumedBy, body, unread, method }: Subject,
  { state, changesParams, addsHash }: Proof,
): string | undefined {
  // If the parameters or the hash changed, the parser that read the body is named already.
  if (changesParams || addsHash) return undefined
  if (consumedBy !== undefined) return describeConsumed(consumedBy)
  const hash = findBodyHash(state.url.query)
  const isEmpty = body === undefined || body.length === 0
  const mayBeLost = !unread && method !== 'GET' && isEmpty && state.covers === 'url'
  return mayBeLost && hash !== undefined && hash !== hashBody(new Uint8Array(0))
    ? 'The signature matches, but the body that bodySHA256 covers is missing: something read it before.'
    : undefined
}

function describeConsumed(consumedBy: string): string {
  return `The body was read before the verifier could read it, and its bytes are lost (${consumedBy.slice(0, 80)}).`
}

function suspectLostBody(subject: Subject): Suspicion | undefined {
  const { consumedBy, body, unread, isForm, given, contentLength } = subject
  if (consumedBy !== undefined && given === undefined) return { score: 94, detail: describeConsumed(consumedBy) }
  const isEmpty = !unread && (body === undefined || body.length === 0) && given === undefined
  if (isEmpty && contentLength > 0)
    return {
      score: 92,
      detail: `The body is empty, but Content-Length is ${contentLength}: something read the body before.`,
    }
  const start = body === undefined ? '' : String.fromCharCode(...body.subarray(0, 20))
  if (start.startsWith('[object Object]'))
    return { score: 94, detail: 'The body is "[object Object]": a parsed object was converted to text.' }
  return isEmpty && isForm
    ? { score: 70, detail: 'The body of this form is empty: something may have read it before.' }
    : undefined
}
