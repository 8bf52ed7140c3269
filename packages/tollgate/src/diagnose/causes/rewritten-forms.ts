import { decodeUtf8 } from '../../bytes.ts'
import { type Pairs, parseForm } from '../../form.ts'
import { findBodyHash } from '../../schemes/twilio/sign/signature.ts'
import { parseBoundedJson } from '../body-variants.ts'
import { decodeBase64Text } from '../encodings.ts'
import { isOfTwilio } from '../evidence.ts'
import { findJsonForm } from '../json-form.ts'
import { isHugeForm, parseFormBody } from '../limits.ts'
import { isTwilioName, startsLikeTwilioName } from '../mask.ts'
import { listEntries, mostEntries, readParsed, type Subject, toText } from '../reading.ts'
import { decodePercent } from '../spelling.ts'
import { unescapeHtml } from './params.ts'
import { type Edit, type Finding, takeForm } from './row.ts'

/** The fix of a form that a program read and wrote again. */
export const writtenAgain = 'Pass the form on as it arrived, byte for byte, instead of parsing it and writing it again.'

/** Lists the forms that the body of another type may hold, each with what was done to it. */
export function* listRewrittenForms(subject: Subject): Generator<Edit> {
  yield* listUntypedForm(subject)
  yield* listFormAsJson(subject)
  yield* listFormInOther(subject)
  yield* listMultipart(subject)
}

function* listUntypedForm({ isForm, body, contentType, method, looksLikeJson }: Subject): Generator<Edit> {
  if (isForm || body === undefined || body.length === 0 || method === 'GET' || looksLikeJson) return
  const charset = /^application\/x-www-form-urlencoded\s*;.*charset=\s*([\w"-]{1,40})/i.exec(contentType)?.[1]
  yield* takeForm(parseFormBody(body), {
    detail: `The body is a form, and its Content-Type ${charset === undefined ? `is ${showType(contentType)}` : `names the charset ${charset}`}.`,
    fix:
      charset === undefined
        ? undefined
        : 'Let nothing on the way change the charset in Content-Type: Twilio sends UTF-8.',
  })
}

export function showType(contentType: string): string {
  return contentType === '' ? 'missing' : `"${contentType.slice(0, 60)}"`
}

/**
 * A relay that reads forms and writes JSON: the fields of the JSON are the parameters, or one of
 * them is the form.
 */
function* listFormAsJson(subject: Subject): Generator<Edit> {
  const { body, state, method, looksLikeJson, isForm } = subject
  if (!(state.covers === 'body' || isForm) || body === undefined || method === 'GET' || !looksLikeJson) return
  const json = parseBoundedJson(decodeUtf8(body) ?? '')
  const pairs = typeof json === 'object' && json !== null && !Array.isArray(json) ? readParsed(json) : undefined
  const detail = 'The form was rewritten as JSON on the way. Twilio signed its fields as parameters.'
  yield* takeForm(pairs, { detail, fix: writtenAgain }, 2)
  const wrapped = findJsonForm(subject)
  if (wrapped?.isWrapped)
    yield* takeForm(wrapped.pairs, {
      detail: 'The form is an object in a field of JSON: something parsed it and wrapped it on the way.',
      fix: writtenAgain,
    })
  for (const [, value] of pairs?.slice(0, mostWrapped) ?? []) {
    const form = [value, decodeBase64Text(value)].find((text) => text !== undefined && isTwilioForm(text))
    yield* takeForm(form === undefined ? undefined : parseForm(form), {
      detail: 'The form is the text of a field of JSON: something wrapped it on the way.',
      fix: 'Pass on the form itself, with its Content-Type, and not JSON that holds it.',
    })
  }
}

/**
 * Checks if the body has the parameters of a form webhook, and a parser finds none of them. Twilio's
 * events have other names.
 */
export function holdsForm({ body, method, state, formPairs, unread }: Subject): boolean {
  if (unread || body === undefined || method === 'GET' || isHugeForm(body)) return false
  if (findBodyHash(state.url.query) !== undefined || formPairs.some(([name]) => name === 'AccountSid')) return false
  const text = decodeUtf8(body) ?? ''
  return ['AccountSid', 'ApiVersion'].every((name) => text.includes(name)) && /AC[0-9a-f]{32}/.test(text)
}

/** Checks if another program sent a text of its own, and not a webhook that it got. */
export function isOwnText({ evidence: { userAgent }, signatures, body, method, unread, state }: Subject): boolean {
  if (userAgent === undefined || isOfTwilio(userAgent) || signatures.length === 0) return false
  if (unread || method === 'GET' || body === undefined || body.length === 0) return false
  if (findBodyHash(state.url.query) !== undefined || state.pairs.some(([name]) => isTwilioName(name))) return false
  return !/twilio|specversion|event_?type|account_?sid|[A-Z]{2}[0-9a-f]{32}/i.test(decodeUtf8(body) ?? 'twilio')
}

const wholeChanges: readonly (readonly [what: string, change: (text: string) => string])[] = [
  ['is percent-encoded as a whole', (text) => decodePercent(text.replace(/=$/, ''))],
  ['has the escapes of HTML', unescapeHtml],
  ['has line breaks between its parameters', (text) => text.trim().replace(/\r?\n/g, '&')],
]

/** A form whose text was changed as a whole, or that is a field of another form or a list in JSON. */
function* listFormInOther(subject: Subject): Generator<Edit> {
  if (!holdsForm(subject)) return
  const text = decodeUtf8(subject.body ?? new Uint8Array(0)) ?? ''
  for (const [what, change] of wholeChanges) {
    const changed = change(text)
    if (changed !== text && isTwilioForm(changed))
      yield* takeForm(parseForm(changed), { detail: `The form ${what}.`, fix: writtenAgain })
  }
  const fields = (parseForm(text) ?? []).slice(0, mostWrapped)
  const inForm = 'The form is a field of another form: something wrapped it on the way.'
  for (const [, value] of fields) {
    if (isTwilioForm(value)) yield* takeForm(parseForm(value), { detail: inForm, fix: writtenAgain })
    const json = value.startsWith('{') ? parseBoundedJson(value) : undefined
    if (json !== undefined) yield* takeForm(readParsed(json), { detail: inForm, fix: writtenAgain })
  }
  yield* takeForm(readNamedValues(subject.looksLikeJson ? parseBoundedJson(text) : undefined), {
    detail: 'The form was rewritten as a list in JSON on the way. Twilio signed its entries as parameters.',
    fix: writtenAgain,
  })
}

/** Reads a list of objects that have a name and a value, as workflows write parameters. */
function readNamedValues(json: unknown): Pairs | undefined {
  if (!Array.isArray(json)) return undefined
  return json.slice(0, mostEntries).flatMap((one): [string, string][] => {
    const entries = new Map(listEntries(Object(one)).map(([name, value]) => [name.toLowerCase(), value]))
    const name = entries.get('name') ?? entries.get('key')
    return typeof name === 'string' ? [[name, toText(entries.get('value') ?? '')]] : []
  })
}

/** Events of queues and gateways have few fields. */
const mostWrapped = 40

function isTwilioForm(text: string): boolean {
  return /^\w+=/.test(text) && startsLikeTwilioName(text.slice(0, 20))
}

/** A form that something parsed and wrote as multipart. Each field of Twilio's is a plain text. */
function* listMultipart(subject: Subject): Generator<Edit> {
  const { body, method } = subject
  const inBody = findBoundary(subject)
  const boundary = inBody ?? readBoundary(subject.contentType)
  if (boundary === undefined || body === undefined || method === 'GET' || isHugeForm(body)) return
  const parts = (decodeUtf8(body) ?? '').split(`--${boundary}`).slice(1, mostParts)
  const pairs = parts.flatMap((part): [string, string][] => {
    const end = part.indexOf('\r\n\r\n')
    const head = part.slice(0, Math.min(Math.max(end, 0), mostOfHead))
    const name = /^content-disposition: form-data; name="([^"\r\n]*)"/im.exec(head)?.[1]
    return name === undefined || !part.endsWith('\r\n') ? [] : [[name, part.slice(end + 4, -2)]]
  })
  yield* takeForm(pairs, describeMultipart(subject) ?? { detail: multipartAgain, fix: writtenAgain })
}

const multipartAgain = 'The form was parsed and written again as multipart/form-data.'

const mostParts = 200
const mostOfHead = 1000

function readBoundary(contentType: string): string | undefined {
  return /^multipart\/form-data;.*boundary="?([^";,\s]{1,100})/i.exec(contentType)?.[1]
}

/** Reads the boundary with which a multipart body begins. */
function findBoundary({ body }: Subject): string | undefined {
  const start = body === undefined ? '' : String.fromCharCode(...body.subarray(0, 200))
  return /^--([\w'()+,./:=?-]{1,70})\r\ncontent-disposition: form-data;/i.exec(start)?.[1]
}

/** Describes a body that is multipart, and whose Content-Type does not have its boundary. */
export function describeMultipart(subject: Subject): Finding | undefined {
  const { contentType, method, unread } = subject
  const boundary = unread || method === 'GET' ? undefined : findBoundary(subject)
  if (boundary === undefined || readBoundary(contentType) === boundary) return undefined
  return {
    detail: `The body is that of a FormData (multipart), and its Content-Type is ${showType(contentType)}${contentType === '' ? '' : ', without its boundary'}: something wrote the form again under another type.`,
    fix: 'Pass the form on as it arrived, byte for byte.\nIf this server makes a new Request of a FormData, give the guard the request itself, and read request.clone().',
  }
}
