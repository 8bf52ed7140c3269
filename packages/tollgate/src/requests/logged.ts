import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { serializeForm } from '../form.ts'
import { RequestError } from './error.ts'
import { findHeaders, findRequest, isSignatureName, listParts, listTexts, walkObjects } from './find-request.ts'
import { isDeep, property, readBase64, readHeaderList, readObject, textOf } from './json.ts'
import { listPrinted } from './printed-object.ts'
import { checkRequest, findHeader, type HeaderList, type RecordedRequest } from './request.ts'

/** What helps if a copy cannot be read. */
export const askTwilio: string =
  'you can also ask Twilio what it sent, without a copy: npx @tollgate/cli diagnose --alert, and then --alert NO…'

const ofSendGrid = /x-twilio-email-event-webhook-signature/i

/** What helps if a copy that is compared with Twilio's record cannot be read. */
const giveFlags = 'you can also give what it names, with --url and --method'

/**
 * Completes the advice of refusals. Twilio's alerts have no webhooks of SendGrid: a copy of one has to be
 * complete. If the text names one alert, such as the alert itself, so does the command.
 * @param text What was read. It is searched once, because it may have thousands of entries that are refused.
 * @param isCompared Twilio has been asked already.
 */
export function createAdviser(text: string | undefined, isCompared = false): (reason: string) => string {
  let named: { readonly isSendGrid: boolean; readonly alerts: string[]; readonly calls: string[] } | undefined
  return (reason) => {
    if (text === undefined || !reason.includes(askTwilio)) return reason
    if (isCompared) return reason.replace(askTwilio, giveFlags)
    named ??= {
      isSendGrid: ofSendGrid.test(text),
      alerts: [...new Set(text.match(/\bNO[0-9a-f]{32}\b/g))],
      calls: [...new Set(text.match(/\bCA[0-9a-f]{32}\b/g))],
    }
    const { isSendGrid, alerts, calls } = named
    if (isSendGrid) return reason.replace(askTwilio, copyWhole)
    if (alerts.length === 1) return reason.replace(askTwilio, compareAlert(alerts.join()))
    return calls.length === 1 ? reason.replace(askTwilio, compareCall(calls.join())) : reason
  }
}

function compareCall(call: string): string {
  return `you can also ask Twilio what it sent, without a copy: npx @tollgate/cli diagnose --call ${call} --public-url https://…`
}

function compareAlert(alert: string): string {
  return `npx @tollgate/cli diagnose --alert ${alert} --last compares the last request that was refused with what Twilio sent; if none was kept, --public-url URL in place of --last compares the URL of your server`
}

const copyWhole =
  'its signature is one of SendGrid, so copy the whole request, as a curl command or as raw HTTP with one header in a line'

const eventNames = /["']?\b(?:requestContext|rawPath|httpMethod|rawBody)["']?\s*:/

/**
 * Finds an event of AWS Lambda or a request of Azure Functions in a log. AWS writes lines of JSON
 * with the event under `message`.
 */
export function findEvent(text: string): object | undefined {
  if (!eventNames.test(text)) return undefined
  for (const { value } of listPrinted(text))
    for (const { value: event } of walkObjects(value)) if (isEvent(event)) return event
  return undefined
}

function isEvent(value: object): boolean {
  const isAws = ['requestContext', 'rawPath', 'httpMethod'].some((name) => property(value, name) !== undefined)
  const isAzure = textOf(value, 'rawBody') !== undefined && textOf(value, 'url') !== undefined
  const headers = property(value, 'headers')
  // The log of AWS WAF has a list.
  return (isAws || isAzure) && headers !== null && !Array.isArray(headers)
}

/**
 * Reads an event, as a function printed it: of an HTTP API or a function URL, of a REST API, of a
 * load balancer, or the request of Azure Functions.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @throws RequestError if a part is missing
 */
export function readEvent(event: unknown): RecordedRequest {
  const context = property(event, 'requestContext')
  const method =
    textOf(property(context, 'http'), 'method') ?? textOf(event, 'httpMethod') ?? textOf(event, 'method') ?? ''
  const headers = readHeaderList(property(event, 'multiValueHeaders') ?? property(event, 'headers'))
  const path = textOf(event, 'rawPath') ?? textOf(context, 'path') ?? textOf(event, 'path') ?? textOf(event, 'url')
  if (method === '' || path === undefined) throw new RequestError(`the event has no method or no path; ${askTwilio}`)
  const query = textOf(event, 'rawQueryString') ?? joinQuery(event, property(context, 'elb') !== undefined)
  const target = escapeSpaces(path) + (query === '' ? '' : `?${query}`)
  // Only a load balancer also takes http.
  const scheme = findHeader(headers, 'x-forwarded-proto')?.toLowerCase() === 'http' ? 'http' : 'https'
  const url = addHost(target, headers, scheme)
  return checkRequest({ method, url, headers, ...readBody(event, headers), pitfalls: listPitfalls(event, path) })
}

/** Says what code without an adapter gets wrong. */
function listPitfalls(event: unknown, path: string): string[] {
  const [own, isEncoded] = [textOf(event, 'path'), property(event, 'isBase64Encoded') === true]
  return [
    ...(own === undefined || own === path || textOf(event, 'rawPath') !== undefined
      ? []
      : [`event.path is ${own}, and the path that was signed is in requestContext.path: ${path}.`]),
    ...(isEncoded ? ['event.body is in Base64 (isBase64Encoded), and the signature covers the decoded bytes.'] : []),
  ]
}

/** Writes the whole URL of a target, with the host of the headers. */
export function addHost(target: string, headers: HeaderList, scheme: string): string {
  const host = findHeader(headers, 'host') ?? findHeader(headers, ':authority')
  return target.startsWith('/') && host !== undefined ? `${scheme}://${host}${target}` : target
}

/** API Gateway decodes the query, and a load balancer does not. */
function joinQuery(event: unknown, isBehindBalancer: boolean): string {
  const lists = property(event, 'multiValueQueryStringParameters') ?? property(event, 'queryStringParameters')
  return joinPairs(lists, isBehindBalancer ? String : encodeText)
}

function joinPairs(lists: unknown, spell: (text: unknown) => string): string {
  const isPairs = Array.isArray(lists) && lists.every((pair) => Array.isArray(pair) && pair.length === 2)
  return (isPairs ? lists : Object.entries(readObject(lists) ?? {}))
    .flatMap(([name, values]) => [values].flat().map((value) => `${spell(name)}=${spell(value ?? '')}`))
    .join('&')
}

function encodeText(text: unknown): string {
  return encodeURIComponent(toWellFormed(String(text)))
}

/** An HTTP API decodes the path. */
function escapeSpaces(path: string): string {
  return path.replace(/[^\x21-\x7e]+/gu, (text) => encodeURIComponent(toWellFormed(text)))
}

function toWellFormed(text: string): string {
  return text.replace(/[\ud800-\udfff]/gu, '\ufffd')
}

/** The body of a request, as a log has it. */
export type Body = Pick<RecordedRequest, 'body' | 'bodyDecoded' | 'parsedBody'>

function readBody(event: unknown, headers: HeaderList): Body {
  const raw = textOf(event, 'rawBody') ?? textOf(event, 'body')
  if (raw === undefined) return toBody(property(event, 'body'), headers)
  return { body: property(event, 'isBase64Encoded') === true ? readBase64(raw, 'body') : encodeUtf8(raw) }
}

/** An object is what a parser left of the body. The bytes of a form can be written again. */
export function toBody(body: unknown, headers: HeaderList): Body {
  // Events of SendGrid are a list. Its bytes can be written again, except for white space.
  if (isListOfObjects(body)) return { body: encodeUtf8(JSON.stringify(body)), bodyDecoded: true }
  const parsedBody = readObject(body)
  if (parsedBody === undefined || Object.keys(parsedBody).length === 0) return {}
  const pairs = Object.entries(parsedBody).flatMap(([name, values]) => [values].flat().map((value) => [name, value]))
  if (!isForm(headers) || pairs.some(([, value]) => typeof value !== 'string')) return { parsedBody }
  return { body: encodeUtf8(serializeForm(pairs as [string, string][])), bodyDecoded: true }
}

/** Checks if a parser of JSON left a list of events. */
export function isListOfObjects(body: unknown): body is readonly object[] {
  return Array.isArray(body) && body.length > 0 && !isDeep(body) && body.every((one) => readObject(one) !== undefined)
}

/**
 * Reads a request in what a program logged. Its parts have the names of many programs.
 * @param value the object in which the request is
 * @param scheme that of a URL without one
 * @param isCompared The request is compared with Twilio's record, and needs no headers.
 * @throws RequestError if a part is missing
 */
export function readLogged(value: unknown, scheme: string, isCompared = false): RecordedRequest {
  const { value: request, holders } = findRequest(value) ?? { value, holders: [] }
  const [given] = listParts(request, 'headers')
  const headers = readHeaderList(findHeaders(given) ?? given)
  const body = readLoggedBody(request, holders, headers)
  // Those of HTTP/2 that begin with a colon name both. A sender chooses the names of all other headers.
  const inHeaders = Object.fromEntries(headers.filter(([name]) => name.startsWith(':')))
  const all = [request, ...holders]
  const url = firstOf([...all, inHeaders], (one) => readLoggedUrl(one, headers, scheme))
  const isSigned = headers.some(([name]) => isSignatureName(name))
  const [named] = [request, inHeaders].flatMap((one) => listTexts(one, 'method'))
  const method = named?.toUpperCase() ?? (isSigned ? guessMethod(body, headers) : undefined)
  const missing = [method === undefined && '"method"', url === undefined && '"url"'].filter((one) => one !== false)
  if (url === undefined || method === undefined)
    throw new RequestError(`it needs ${captureFields}, and has no ${missing.join(' and no ')}; ${askTwilio}`)
  if (headers.length === 0 && (isAlert(request) || !isCompared)) {
    const what = isAlert(request)
      ? "this is Twilio's alert, which has no signature"
      : 'it has no "headers", which have the signature'
    throw new RequestError(`${what}; ${askTwilio}`)
  }
  return checkRequest({ method, url, headers, ...body })
}

/** The fields of a request, for messages. */
export const captureFields = '{ "method", "url", "headers", "body" or "bodyBase64" }'

/** Twilio sends a body with POST alone. */
export function guessMethod(body: Body, headers: HeaderList): string {
  const hasBody = body.body !== undefined || body.parsedBody !== undefined
  return hasBody || Number(findHeader(headers, 'content-length')) > 0 ? 'POST' : 'GET'
}

/** A whole URL is better than a path, whose host another part may name. */
function readLoggedUrl(request: unknown, headers: HeaderList, scheme: string): string | undefined {
  const texts = [...listTexts(request, 'url'), findLine(request)].filter((text) => text !== undefined)
  const whole = texts.find((text) => /^(https?|wss?):\/\//i.test(text))
  const path = texts.find((text) => text.startsWith('/'))
  if (whole !== undefined) return /[?#]/.test(whole) ? whole : whole + readLoggedQuery(request)
  if (path === undefined) return texts[0]
  const target = path.includes('?') ? path : path + readLoggedQuery(request)
  const [host] = listTexts(request, 'host')
  return addHost(target, host === undefined ? headers : [...headers, ['host', host]], scheme)
}

/** Reads the URL of a message such as `POST https://example.com/sms HTTP/1.1`. */
function findLine(request: unknown): string | undefined {
  const message = textOf(request, 'message') ?? textOf(request, 'msg') ?? textOf(request, 'request')
  return /^(?:GET|POST|PUT) ((?:https?:\/)?\/\S+)/.exec(message ?? '')?.[1]
}

function readLoggedQuery(request: unknown): string {
  const [query] = listParts(request, 'query')
  const text = typeof query === 'string' ? query.replace(/^\?/, '') : joinPairs(query, encodeText)
  return text === '' ? '' : `?${text}`
}

/**
 * Finds the body, under the names that programs give to it. The text of the body is better than
 * what a parser made of it. A name with other uses counts if its value looks like a body.
 */
function readLoggedBody(request: unknown, holders: readonly object[], headers: HeaderList): Body {
  const all = [request, ...holders]
  const bodies = all.flatMap((one) => listParts(one, 'body'))
  const [base64] = [...all, ...bodies].flatMap((one) => listTexts(one, 'base64Body'))
  if (base64 !== undefined) return { body: readBase64(base64, 'bodyBase64') }
  const isEncoded = all.some((one) => property(one, 'isBase64Encoded') === true)
  const known = [...[...all, ...bodies].flatMap((one) => listParts(one, 'rawBody')), ...bodies]
  const perhaps = listParts(request, 'perhapsBody')
  const bytes =
    firstOf(known, (one) => readBodyText(one, headers, isEncoded)) ??
    firstOf(perhaps, (one) => (looksLikeBody(one, headers) ? readBodyText(one, headers, isEncoded) : undefined))
  if (bytes !== undefined) return { body: bytes }
  const pairs = known.flatMap((one) => readPairs(property(one, 'urlencoded') ?? property(one, 'params')))
  if (pairs.length > 0) return { body: encodeUtf8(serializeForm(pairs)), bodyDecoded: true }
  const parsed = known.find(isFilled) ?? perhaps.find((one) => isFilled(one) && hasFormOfTwilio(one, headers))
  return toBody(parsed, headers)
}

function firstOf<T, R>(list: readonly T[], read: (one: T) => R | undefined): R | undefined {
  for (const one of list) {
    const found = read(one)
    if (found !== undefined) return found
  }
  return undefined
}

/** Postman has a form as a list of { key, value }, Insomnia as one of { name, value }. */
function readPairs(list: unknown): [string, string][] {
  return (Array.isArray(list) ? list : []).flatMap((one): [string, string][] => {
    const [key, value] = [textOf(one, 'key') ?? textOf(one, 'name'), textOf(one, 'value')]
    return key === undefined || value === undefined ? [] : [[key, value]]
  })
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

/** Reads a body that is text or, as Node.js writes a Buffer as JSON, a list of bytes. */
function readBodyText(value: unknown, headers: HeaderList, isEncoded: boolean): Uint8Array | undefined {
  if (typeof value === 'string' && value !== '') {
    return isEncoded ? readBase64(value, 'body') : (decodeWritten(value, headers) ?? encodeUtf8(value))
  }
  const inner = textOf(value, 'content') ?? (textOf(value, 'mode') === 'raw' ? textOf(value, 'raw') : undefined)
  if (inner !== undefined && Object.keys(readObject(value) ?? {}).length < 4) return encodeUtf8(inner)
  const list = property(value, 'type') === 'Buffer' ? property(value, 'data') : undefined
  const isBytes = Array.isArray(list) && list.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)
  return isBytes ? Uint8Array.from(list as number[]) : undefined
}

/**
 * Decodes a body that a tool wrote as Base64: the bytes have the length of the headers or, if these
 * name none, are what Content-Type says.
 * @returns `undefined` for a body that is text
 */
export function decodeWritten(text: string, headers: HeaderList): Uint8Array | undefined {
  const given = findHeader(headers, 'content-length')
  if (given !== undefined) {
    const length = Number(given)
    return encodeUtf8(text).length === length ? undefined : decodeWithLength(text, length)
  }
  if (text.length < 16 || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  const bytes = readBase64(text, 'body')
  const inner = decodeUtf8(bytes) ?? ''
  const isJson = /json/i.test(findHeader(headers, 'content-type') ?? '') && /^[[{].*[}\]]\s*$/s.test(inner)
  return isJson || (isForm(headers) && formText.test(inner)) ? bytes : undefined
}

/** Decodes Base64 if the result has the length of the body. */
function decodeWithLength(text: string, length: number): Uint8Array | undefined {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
  const bytes = isBase64 && Math.abs(text.length * 0.75 - length) < 3 ? readBase64(text, 'body') : undefined
  return bytes?.length === length ? bytes : undefined
}

const formText = /^[^\s=&{"']+=\S*$/

function looksLikeBody(value: unknown, headers: HeaderList): boolean {
  if (typeof value !== 'string') return property(value, 'type') === 'Buffer'
  const length = Number(findHeader(headers, 'content-length'))
  if (encodeUtf8(value).length === length || decodeWithLength(value, length) !== undefined) return true
  return isForm(headers) ? formText.test(value) : /^\s*[[{]/.test(value)
}

/** Checks if an object is the form of a webhook, or a list of events. */
function hasFormOfTwilio(value: unknown, headers: HeaderList): boolean {
  return (
    isListOfObjects(value) ||
    (isForm(headers) && Object.keys(readObject(value) ?? {}).some((name) => /Sid$/.test(name)))
  )
}

function isForm(headers: HeaderList): boolean {
  return /x-www-form-urlencoded/i.test(findHeader(headers, 'content-type') ?? '')
}

/** A mark that ends the prefix of a line. Quotes and braces belong to what was logged. */
const prefixEnd = /^[^'"`{}]*?[|\]:>Z)\d][ \t]+/
const longestPrefix = 200
const typedLine =
  /^[ \t]{0,20}(?:(?:GET|POST|PUT)[ \t]{1,20})?(?:https?:\/)?\/\S*(?: HTTP\/\d(?:\.\d)?)?[ \t]{0,20}\r?$/

/**
 * Removes what a log has before each line, such as `web-1  | `, `[pod/x] ` or a time. It is the
 * same on every line, except for its numbers. A request line without it was typed.
 */
export function removeLinePrefix(text: string): string {
  const lines = text.split('\n')
  const filled = lines.filter((line) => line.trim() !== '' && !typedLine.test(line))
  const [first = ''] = filled
  // A command in several lines has no prefix, even if all begin with curl.
  if (filled.length < 2 || /^\s*(?:[$#>]\s*)?curl\b/.test(first)) return text
  let found: RegExp | undefined
  for (let at = 0; at < longestPrefix; ) {
    const [end = ''] = prefixEnd.exec(first.slice(at, longestPrefix)) ?? []
    if (end === '') break
    at += end.length
    const pattern = toPrefixPattern(first.slice(0, at))
    if (!filled.every((line) => pattern.test(line))) break
    found = pattern
  }
  return found === undefined ? text : lines.map((line) => line.replace(found, '')).join('\n')
}

/** An empty line may have lost the blanks at its end. Each number of it has another length. */
function toPrefixPattern(prefix: string): RegExp {
  const words = prefix.trimEnd().replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
  const blanks = prefix.length - prefix.trimEnd().length
  return new RegExp(`^${words.replace(/\d+/g, '\\d{1,20}')}(?:[ \\t]{1,${blanks}}|\\r?$)`)
}

/**
 * Says what a log lacks that has the parameters of a webhook, and no signature.
 * @returns `undefined` for another text
 */
export function describeUnsigned(text: string): string | undefined {
  if (!/\b(?:Message|Call)Sid\b/.test(text) || /x[-_]twilio[-_]\w{0,40}signature/i.test(text)) return undefined
  return `this has parameters of a webhook, without the header X-Twilio-Signature, so nothing can be compared; log the URL and the headers too; ${askTwilio}`
}

/**
 * Says if a text begins like a line of a log, such as `[debug] POST /sms`. JSON that begins with a list
 * has only white space behind it.
 * @param start the first characters of the text
 */
export function isLogLine(start: string): boolean {
  return /^\s*(?:\[[^\]\n"{[]{1,100}\][ \t]{0,9}){1,9}[^\s\],[]/.test(start)
}

/** Says if a text is what `diagnose` printed about a refusal, which is no request. */
export function isExplanation(text: string): boolean {
  return /^\s*tollgate: \S+ \S+ was refused\b/.test(text)
}

/**
 * Says if an object is an alert, as Twilio's API and its SDKs write it.
 * https://www.twilio.com/docs/usage/monitor-alert
 */
function isAlert(value: unknown): boolean {
  return /^NO[0-9a-f]{32}$/.test(textOf(value, 'sid') ?? '')
}

/** Says if a text is that of Twilio's Request Inspector. */
export function isRequestInspector(text: string): boolean {
  return (
    /\brequest inspector\b/i.test(text) || (/\bURL\s+https?:\/\//.test(text) && /\b(?:Message|Call)Sid\s/.test(text))
  )
}

/**
 * The reason why the text of Twilio's page is not read: it has no signature, so nothing can be compared
 * with it. No public source shows the form of the page, which has changed with the console.
 */
export const noSignature: string = `this is the text of Twilio's Request Inspector, which has no signature; ${askTwilio}`
