import { encodeUtf8, serializeForm } from '../schemes/twilio/sign/form.ts'
import { RequestError } from './error.ts'
import { isDeep, property, readBase64, readHeaderList, readObject, textOf } from './json.ts'
import { findPrinted } from './printed-object.ts'
import { checkRequest, findHeader, type HeaderList, type RecordedRequest } from './request.ts'

/** What helps if a copy cannot be read. */
export const askTwilio: string =
  'you can also ask Twilio what it sent, without a copy: diagnose --recent, and then --alert NO…'

const eventNames = /["']?\b(?:requestContext|rawPath|httpMethod|rawBody)["']?\s*:/

/** Finds an event of AWS Lambda or a request of Azure Functions in a log. */
export function findEvent(text: string): Readonly<Record<string, unknown>> | undefined {
  const found = eventNames.test(text) ? findPrinted(text)?.value : undefined
  const isAws = ['requestContext', 'rawPath', 'httpMethod'].some((name) => property(found, name) !== undefined)
  const isAzure = textOf(found, 'rawBody') !== undefined && textOf(found, 'url') !== undefined
  return (isAws || isAzure) && property(found, 'headers') !== null ? found : undefined
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
  return checkRequest({ method, url: addHost(target, headers, scheme), headers, ...readBody(event, headers) })
}

/** Writes the whole URL of a target, with the host of the headers. */
export function addHost(target: string, headers: HeaderList, scheme: string): string {
  const host = findHeader(headers, 'host')
  return target.startsWith('/') && host !== undefined ? `${scheme}://${host}${target}` : target
}

/** API Gateway decodes the query, and a load balancer does not. */
function joinQuery(event: unknown, isBehindBalancer: boolean): string {
  const lists = property(event, 'multiValueQueryStringParameters') ?? property(event, 'queryStringParameters')
  const spell = isBehindBalancer ? String : (text: unknown): string => encodeURIComponent(toWellFormed(String(text)))
  return Object.entries(readObject(lists) ?? {})
    .flatMap(([name, values]) => [values].flat().map((value) => `${spell(name)}=${spell(value ?? '')}`))
    .join('&')
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
  const isForm = /x-www-form-urlencoded/i.test(findHeader(headers, 'content-type') ?? '')
  if (!isForm || pairs.some(([, value]) => typeof value !== 'string')) return { parsedBody }
  return { body: encodeUtf8(serializeForm(pairs as [string, string][])), bodyDecoded: true }
}

/** Checks if a parser of JSON left a list of events. */
export function isListOfObjects(body: unknown): body is readonly object[] {
  return Array.isArray(body) && body.length > 0 && !isDeep(body) && body.every((one) => readObject(one) !== undefined)
}

const signatureName = /["']?x-twilio-(?:email-event-webhook-)?signature["']?\s*:/i

/** Says if a text has headers of a Twilio request, as `console.log(req.headers)` prints them. */
export function hasPrintedHeaders(text: string): boolean {
  if (!signatureName.test(text)) return false
  const headers = findPrinted(text)?.value
  return headers !== undefined && Object.keys(headers).some((name) => signatureName.test(`${name}:`))
}

/** The method and the target, in the line before the headers. */
const requestLine = /(?:\b(GET|POST|PUT)\s+)?((?:https?:\/)?\/\S*)\s*$/

/**
 * Reads what `console.log(req.method, req.originalUrl, req.headers, req.body)` printed.
 * @param scheme That of a target without one.
 * @throws RequestError if a part is missing
 */
export function readPrintedHeaders(text: string, scheme: string): RecordedRequest {
  const found = findPrinted(text)
  if (found === undefined)
    throw new RequestError(
      `its headers are no whole object: they are cut off, or have other text between; ${askTwilio}`,
    )
  const headers = readHeaderList(found.value)
  // Only the end: a long log may stand before it.
  const line = text.slice(0, text.indexOf('{')).slice(-4000)
  const [, named, target] = requestLine.exec(line) ?? []
  if (target === undefined)
    throw new RequestError(`it has no URL: write method and path before the headers, as in POST /sms {…}; ${askTwilio}`)
  const url = addHost(target, headers, scheme)
  const body = readPrintedBody(text, found.end, headers)
  const isPost =
    body.body !== undefined || body.parsedBody !== undefined || Number(findHeader(headers, 'content-length')) > 0
  return checkRequest({ method: named ?? (isPost ? 'POST' : 'GET'), url, headers, ...body })
}

/** The body stands after the headers: the object of a parser, or a form as text. */
function readPrintedBody(text: string, at: number, headers: HeaderList): Body {
  const rest = text.slice(at).trim()
  if (/^[^\s=&{]+=\S*$/.test(rest)) return { body: encodeUtf8(rest) }
  return toBody(findPrinted(text, at)?.value, headers)
}

/** A mark that ends the prefix of a line. Quotes and braces belong to what was logged. */
const prefixEnd = /^[^'"`{}]*?[|\]:>Z)\d][ \t]+/
const longestPrefix = 200

/**
 * Removes what a log has before each line, such as `web-1  | `, `[pod/x] ` or a time. It is the
 * same on every line, except for its numbers.
 */
export function removeLinePrefix(text: string): string {
  const lines = text.split('\n')
  const filled = lines.filter((line) => line.trim() !== '')
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

/** Says if a text is what `diagnose` printed about a refusal, which is no request. */
export function isExplanation(text: string): boolean {
  return /^\s*tollgate: \S+ \S+ was refused\b/.test(text)
}

/** Says if a text is that of Twilio's Request Inspector. */
export function isRequestInspector(text: string): boolean {
  return (
    /\brequest inspector\b/i.test(text) || (/\bURL\s+https?:\/\//.test(text) && /\b(?:Message|Call)Sid\s/.test(text))
  )
}

/**
 * Says why the text of Twilio's page is not read: it has no signature, so nothing can be compared
 * with it. If it names its alert, the command is complete. No public source shows the form of the
 * page, which has changed with the console.
 */
export function explainInspector(text: string): string {
  const alert = /\bNO[0-9a-f]{32}\b/.exec(text)?.[0]
  const ask =
    alert === undefined
      ? askTwilio
      : `npx @tollgate/cli diagnose --alert ${alert} --last compares the last request that was refused with what Twilio sent`
  return `this is the text of Twilio's Request Inspector, which has no signature; ${ask}`
}
