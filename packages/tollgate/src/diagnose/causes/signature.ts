import { decodeUtf8 } from '../../bytes.ts'
import { algorithms } from '../../hmac/algorithms.ts'
import { isSignature } from '../../schemes/twilio/sign/signature.ts'
import type { VerifierOptions } from '../../verify/types.ts'
import { toBase64Length } from '../encodings.ts'
import { findRelay, isByHand, isHandTool, isRedirected, listHeaderNames, showAgent } from '../evidence.ts'
import { parseFormBody } from '../limits.ts'
import { isTwilioName } from '../mask.ts'
import { findProduct } from '../products.ts'
import type { Subject } from '../reading.ts'
import { findOwnHost, writeSend } from '../send-command.ts'
import { decodePercent, joinFields, readName, splitFields } from '../spelling.ts'
import { quote } from './mends.ts'
import { type CauseRow, type Edit, type Finding, type Row, redacted, type SignatureReading, takeForm } from './row.ts'
import { isInternalHost } from './url.ts'

const keepMethod = 'Let nothing on the way change the method: Twilio sends GET or POST, as the console says, or PUT.'
const passGet =
  'Set the webhook to HTTP POST in the Twilio console, or let the gateway pass the GET on, with its query.'

/** Changes of the signature header, and methods, which no signature covers. */
export const signatureCauses = {
  method: {
    title: 'The method is not listed',
    fix: "Set methods: ['GET', 'POST', 'PUT'], or set the sender to POST in the Twilio console.",
    part: 'request',
    *edits(subject) {
      yield* listMethods(subject)
      yield* listQueriesInForms(subject)
    },
    differences: [
      {
        detail: 'Twilio sent a GET, and a POST arrived',
        fix: passGet,
        applies: ({ what, sent, seen }) => what === 'method' && sent.join() === 'GET' && seen.join() === 'POST',
      },
      {
        detail: 'Twilio sent a POST, and a GET arrived',
        fix: keepMethod,
        applies: ({ what, sent, seen }) => what === 'method' && sent.join() === 'POST' && seen.join() === 'GET',
      },
    ],
    suspect({ subject: { method }, rejection }) {
      return rejection.code === 'method_not_allowed'
        ? {
            detail: `The method is ${showMethod(method)}, which "methods" does not list.`,
            fix: describeMethodFix(method),
          }
        : undefined
    },
    rejections: {
      method_not_allowed({ method, state, handshake, options }) {
        // With the method, the request would pass without its form.
        const isOther = isRedirected(method, state.url.query)
        if (!handshake && isOther) return { detail: withoutParams, fix: noRedirect }
        return {
          detail: `Twilio signed this request. Its method is ${showMethod(method)}, which "methods" does not list.`,
          fix: describeMethodFix(method),
          line: isOther ? undefined : setMethods(method, options),
        }
      },
      body_unsigned({ method, body }) {
        return method === 'GET' && body !== undefined && body.length > 0
          ? { detail: changedToGet, fix: keepMethod }
          : undefined
      },
    },
  } satisfies CauseRow as Row,
  other_product: {
    title: 'A request of another product',
    fix: 'Give each product its own route, with the check of that product.',
    part: 'request',
    suspect: ({ subject }) => findOtherProduct(subject),
  } satisfies CauseRow as Row,
  signature_missing: {
    title: 'There is no signature',
    fix: 'Make every proxy pass X-Twilio-Signature on. If none drops it, `tollgate audit` finds a Setting that switches signing off (signing_off).',
    fixes: {
      lambda: 'Pass the headers on: a mapping template passes only the headers that it names.',
    },
    part: 'signature',
    suspect({ presented, subject, rejection }) {
      const isMissing = rejection.code === 'signature_missing'
      if ((!isMissing && presented.length > 0) || findOtherProduct(subject) !== undefined) return undefined
      if (isBlank(subject.signatures)) return { detail: 'The X-Twilio-Signature header is blank.' }
      if (!isMissing) return undefined
      if (isHeaderList(subject)) return describeHeaderList
      const renamed = findRenamed(subject)
      if (renamed !== undefined) return renamed.cause
      if (subject.evidence.looksLikeTwilio)
        return {
          detail:
            'The request looks like one of Twilio’s, but has no X-Twilio-Signature header: a proxy dropped it, or a webhook Setting switches signing off.',
        }
      return subject.evidence.userAgent === undefined
        ? { detail: 'The request has no X-Twilio-Signature header.' }
        : undefined
    },
  } satisfies CauseRow as Row,
  signature_encoding: {
    title: 'The signature is encoded differently',
    fix: 'Pass X-Twilio-Signature on unchanged: standard Base64 with its padding.',
    part: 'signature',
    *readings(values) {
      const [value = '', ...others] = splitValues(values)
      if (others.length > 0 || value.trim() === '') return
      if (isSignature(value)) return void (yield* listFolded(value))
      yield* listRepaired(value)
      const text = value.trim()
      if (shape.test(text)) yield { text, compare: 'folded', detail: 'The letter case of X-Twilio-Signature changed.' }
    },
    suspect({ presented, rejection, subject }) {
      if (presented.length > 0 || rejection.code !== 'signature_malformed' || isBlank(subject.signatures))
        return undefined
      const [text = ''] = subject.signatures
      return redacted.test(text)
        ? {
            detail: 'X-Twilio-Signature was hidden: a log or a proxy wrote a mark of its own in its place.',
            fix: 'Pass X-Twilio-Signature on unchanged. If a log hid it, diagnose a copy in which nothing is hidden, or ask Twilio: diagnose --alert NO….',
          }
        : { detail: 'X-Twilio-Signature holds no signature in a known encoding.' }
    },
  } satisfies CauseRow as Row,
  signature_truncated: {
    title: 'The signature is cut off or joined',
    fix: 'Pass X-Twilio-Signature on complete, and only once.',
    part: 'signature',
    *readings(values) {
      const parts = splitValues(values)
      if (parts.length > 1) yield* listJoined(parts)
      else yield* listParts((parts[0] ?? '').trim())
    },
  } satisfies CauseRow as Row,
  not_from_twilio: {
    name: 'not from Twilio',
    title: 'The request is not from Twilio',
    fix: 'If a stranger sent it, do nothing. For your own tests, sign the request with signRequest of tollgate/testing.',
    part: 'request',
    isStranger: true,
    suspect({ subject, rejection }) {
      const { evidence, tooLarge } = subject
      const { userAgent } = evidence
      const isUnsigned = rejection.code === 'signature_missing'
      const isHand = isHandTool(userAgent ?? '')
      const isTool = isHand || tools.test(userAgent ?? '')
      if (tooLarge && !(isTool && isUnsigned))
        return { detail: 'The form is larger than any known webhook of Twilio’s, so nothing was searched.' }
      // No stranger hides a signature, and none brings about an error of this server.
      if (evidence.looksLikeTwilio || redacted.test(subject.signatures[0] ?? '') || rejection.status >= 500)
        return undefined
      if (findOtherProduct(subject) !== undefined || isHeaderList(subject)) return undefined
      // The row of the host explains it.
      if (!isUnsigned && findRelay(userAgent) !== undefined) return undefined
      const isHandshake = subject.handshake || evidence.asksForWebSocket
      // Handshakes have no token, and a proxy may drop or replace User-Agent.
      if (isHandshake && !isTool) return undefined
      const named = showAgent(userAgent)
      if (rejection.code === 'signature_mismatch')
        // The signature is well-formed, so that it came from somewhere.
        return !isHand || isHandshake
          ? undefined
          : {
              detail: `User-Agent names a tool${named === undefined ? '' : `, ${named}`}: a copied signature is right only for the URL and the parameters of its request.`,
              fix: `${ifStranger} If you changed a copy, sign the new text: ${writeSend(subject, ' --set NAME=VALUE')}`,
            }
      const other = named === undefined ? 'another User-Agent' : `another User-Agent, ${named},`
      return {
        detail:
          isUnsigned && evidence.pages.length > 0
            ? 'A page in a browser sent the request: it has Origin or Referer, and no signature.'
            : isHandshake
              ? `The handshake has ${other} than Twilio’s.`
              : `The request has ${userAgent === undefined ? 'no User-Agent' : other} and no I-Twilio-Idempotency-Token header, which Twilio sends.`,
        fix: isUnsigned && userAgent !== undefined ? fixUnsigned(subject, userAgent) : undefined,
      }
    },
    accompany({ state: checked }, { state: { url } }) {
      // A server under such a URL signs requests for itself.
      if (!isInternalHost(url.host) || isInternalHost(checked.url.host)) return undefined
      return {
        detail: `A program that has the key signed the request for "${url.host}${url.port}", which Twilio cannot reach.`,
        fix: `Sign the URL that this server checks, with the host "${checked.url.host}". Leave "publicUrl" as it is.`,
      }
    },
  } satisfies CauseRow as Row,
}

const ifStranger = 'If a stranger sent it, do nothing.'

/** A program that posts a form is more likely one that sends webhooks on than a stranger. */
function fixUnsigned(subject: Subject, agent: string): string {
  const { method, isForm, unread, state, queryPairs } = subject
  if (subject.evidence.pages.length > 0)
    return `If the page is yours, give it a route without this guard: Twilio signs no request of a page. ${ifStranger}`
  const isOwn = findOwnHost(subject) !== undefined
  const forTests = isOwn ? writeSend(subject) : 'sign it with signRequest of tollgate/testing.'
  const hasAccount = [...state.pairs, ...queryPairs].some(([name]) => name === 'AccountSid')
  return !isByHand(agent) && (hasAccount || (unread && isForm && method !== 'GET'))
    ? `If a program of yours sends it on, it dropped X-Twilio-Signature: let Twilio call this server itself. ${ifStranger}`
    : `${ifStranger} For your own tests: ${forTests}`
}

/** A request with a signature of Twilio's is one of Twilio's, or wants to be. */
function findOtherProduct({ signatures, header, body }: Subject): Finding | undefined {
  return signatures.length > 0 ? undefined : findProduct('twilio', header, body)
}

/** A header that CGI gateways, WSGI servers, proxies and relays make of X-Twilio-Signature. */
const otherName = /(^|-)twilio-?signature(-(original|orig|raw|value))?$|^(http-)?xtwiliosignature$/

/** Finds the signature in a header with another name. */
export function findRenamed({
  request: { headers },
  header,
}: Pick<Subject, 'request' | 'header'>):
  | { readonly value: string; readonly cause: Finding & { readonly id: 'signature_missing' } }
  | undefined {
  for (const one of listHeaderNames(headers)) {
    const name = one.toLowerCase()
    if (name.length > 100 || !otherName.test(name.replaceAll('_', '-'))) continue
    const [value] = header(name)
    if (typeof value !== 'string') continue
    return {
      value,
      cause: {
        id: 'signature_missing',
        detail: `The signature is in the header "${name}" instead of X-Twilio-Signature: something renamed it.`,
        fix: 'Pass X-Twilio-Signature on under its own name, with hyphens.',
      },
    }
  }
  return undefined
}

const withoutParams = 'Twilio signed this GET without parameters: a redirect made it of a POST.'
const noRedirect = 'Configure the URL that answers without a redirect at Twilio.'
const changedToGet = 'The request arrived as a GET, and Twilio sent it with another method, usually POST.'

/** No URL of Twilio's is longer. */
const mostOfQuery = 16_000

/** A gateway that made a POST of a GET: its form is the query that Twilio signed. */
function* listQueriesInForms({ method, handshake, isForm, body, looksLikeJson }: Subject): Generator<Edit> {
  if (method === 'GET' || handshake || !isForm || looksLikeJson) return
  const form = body === undefined || body.length === 0 || body.length > mostOfQuery ? undefined : decodeUtf8(body)
  if (form === undefined || !/^[\x21\x22\x24-\x7e]+$/.test(form)) return
  for (const fields of new Set([form, form.replaceAll('+', '%20')]))
    yield {
      dimension: 'source',
      cost: 3,
      apply: (one) => {
        if (one.covers !== 'params') return undefined
        const { query } = one.url
        const whole = query.includes(fields) ? query : `${query.length > 1 ? `${query}&` : '?'}${fields}`
        return { ...one, pairs: [], covers: 'url', url: { ...one.url, query: whole } }
      },
      detail: 'Twilio signed a GET with these fields in its query, and they arrived as the form of a POST.',
      fix: passGet,
    }
}

const known: readonly string[] = ['GET', 'POST', 'PUT']

/** Writes the option with the method added, if Twilio sends it. */
function setMethods(method: string, { methods = ['GET', 'POST'] }: VerifierOptions): string | undefined {
  const listed = known.filter((one) => one === method || methods.includes(one as (typeof methods)[number]))
  return known.includes(method) ? `methods: [${listed.map(quote).join(', ')}]` : undefined
}

function describeMethodFix(method: string): string {
  if (/^(?:get|post|put)$/.test(method))
    return `Pass the method in capitals, as HTTP sends it: '${method.toUpperCase()}'. hapi has it in lower case.`
  if (method === 'GET' || method === 'POST')
    return `Add '${method}' to "methods" if the console has this method for the webhook, or change it in the console.`
  return method === 'PUT'
    ? "If the sender (WhatsApp, RCS) is set to PUT, add it: methods: ['GET', 'POST', 'PUT']. If not, let nothing change the method."
    : 'Let nothing change the method before the check, such as method-override or a proxy: Twilio sends GET, POST or PUT.'
}

/** A proxy that changed the method to GET and kept the form. */
function* listMethods({ method, handshake, isForm, body, queryPairs, state }: Subject): Generator<Edit> {
  if (method !== 'GET' || handshake) return
  if (isForm && body !== undefined && body.length > 0)
    yield* takeForm(parseFormBody(body), { detail: changedToGet, fix: keepMethod })
  const fields = splitFields(state.url.query)
  const own = fields.filter((field) => !isTwilioName(readName(field)))
  const pairs = queryPairs.filter(([name]) => isTwilioName(name))
  if (pairs.length < fewestMoved || fields.length > mostMoved) return
  yield {
    dimension: 'source',
    cost: 2,
    apply: (one) => ({ ...one, pairs, covers: 'params', url: { ...one.url, query: joinFields(own) } }),
    detail: 'The form of a POST was moved into the query of a GET on the way.',
    fix: keepMethod,
  }
}

/** A GET with fewer of Twilio's parameters, or with many more, is none that was a POST. */
const [fewestMoved, mostMoved] = [3, 100]

const tools = /curl|wget|mozilla|python|postman|insomnia|bot|java|go-http|node|axios|okhttp|undici|httpie/i

/** The Base64 texts of signatures, as regular expressions, and their lengths. */
const shapes = algorithms.map(
  ({ bytes }) => `[A-Za-z0-9+/]{${Math.ceil((bytes * 4) / 3)}}${'='.repeat((3 - (bytes % 3)) % 3)}`,
)
const shape = new RegExp(`^(${shapes.join('|')})$`)
const lengths = algorithms.map(({ bytes }) => toBase64Length(bytes))

/** A shorter part of a signature could match by chance. */
const fewestCharacters = 10

/** The sender chooses the method, so only a short word is shown. */
function showMethod(method: string): string {
  return /^(?:[A-Z]{1,20}|get|post|put)$/.test(method) ? method : 'unknown'
}

/** Recognises `rawHeaders` of Node.js and its like, in which the verifier finds no header. */
function isHeaderList({ request }: Subject): boolean {
  return Array.isArray(request.headers)
}

const describeHeaderList = {
  detail: 'The headers were passed as a list, such as rawHeaders of Node.js, in which the verifier finds none.',
  fix: 'Pass an object, a Map or Headers: req.headers of Node.js.',
}

function isBlank(values: readonly string[]): boolean {
  return values.length === 1 && values[0]?.trim() === ''
}

/** Splits joined and repeated headers. */
function splitValues(values: readonly string[]): string[] {
  const parts = values.flatMap((value) => value.slice(0, 2000).split(','))
  return parts.length === 1 ? parts.map((part) => part.slice(0, 400)) : parts
}

function* listJoined(parts: readonly string[]): Generator<SignatureReading> {
  const detail = `X-Twilio-Signature holds ${parts.length} values, joined or repeated.`
  for (const text of parts.slice(0, 8).map((part) => part.trim()))
    if (isSignature(text)) yield { text, compare: 'same', detail }
}

function* listParts(value: string): Generator<SignatureReading> {
  const text = value.replace(/\.\.\.$|…$/, '')
  const isShort =
    text.length >= fewestCharacters && text.length < Math.max(...lengths) && !lengths.includes(text.length)
  if (isShort && /^[A-Za-z0-9+/]+=?$/.test(text)) {
    const detail = `X-Twilio-Signature has ${text.length} characters. A signature has ${lengths.join(' or ')}.`
    for (const compare of ['prefix', 'suffix'] as const) yield { text, compare, detail }
  }
  for (const [inner] of value.matchAll(new RegExp([...shapes].reverse().join('|'), 'g')))
    if (isSignature(inner) && inner !== value)
      yield { text: inner, compare: 'same', detail: 'X-Twilio-Signature has other text joined to the signature.' }
}

type Repair = readonly [what: string, repair: (text: string) => string | undefined]

const repairs: readonly Repair[] = [
  ['has white space around it', (text) => text.trim()],
  ['is in quotes', (text) => text.trim().replace(/^(["'`])(.*)\1$/, '$2')],
  ['is percent-encoded', (text) => decodePercent(text)],
  ['has spaces instead of "+"', (text) => text.replaceAll(' ', '+')],
  ['is in the URL-safe alphabet', (text) => text.replaceAll('-', '+').replaceAll('_', '/')],
  ['is written in hex', (text) => hexToBase64(text)],
  ['is Base64-encoded twice', (text) => decodeBase64(text)],
  ['starts with a name', (text) => text.replace(/^(sha1|sha256|hmac|twilio|signature)\s*[=:]\s*/i, '')],
  ['lost its padding', (text) => (/=$/.test(text) ? text : `${text}=`)],
  ['has too much padding', (text) => text.replace(/(?<!=)=+$/, '=')],
  ['has line breaks in it', (text) => text.replace(/\s+/g, '')],
]

/** Repairs a header in one or two steps. */
function* listRepaired(value: string): Generator<SignatureReading> {
  for (const [what, repair] of repairs) {
    const once = repair(value)
    if (once === undefined || once === value) continue
    if (isSignature(once)) yield { text: once, compare: 'same', detail: `X-Twilio-Signature ${what}.` }
    for (const [also, again] of repairs) {
      const twice = again(once)
      if (twice !== undefined && twice !== once && isSignature(twice))
        yield { text: twice, compare: 'same', detail: `X-Twilio-Signature ${what} and ${also}.` }
    }
  }
}

/**
 * A well-formed signature without capitals, or without small letters, was changed: the chance that
 * Twilio made one is less than one in a million.
 */
function* listFolded(value: string): Generator<SignatureReading> {
  if (value === value.toLowerCase() || value === value.toUpperCase())
    yield { text: value, compare: 'folded', detail: 'The letter case of X-Twilio-Signature changed.' }
}

function hexToBase64(text: string): string | undefined {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(text)) return undefined
  const bytes = text.match(/../g) ?? []
  return btoa(bytes.map((byte) => String.fromCharCode(Number.parseInt(byte, 16))).join(''))
}

function decodeBase64(text: string): string | undefined {
  try {
    return atob(text)
  } catch {
    return undefined
  }
}
