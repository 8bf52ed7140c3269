import { encodeUtf8 } from '../bytes.ts'
import { isCaptureSite } from './capture-sites.ts'
import { RequestError } from './error.ts'
import {
  findHeaders,
  findRequest,
  hasSignedRequest,
  isSignatureName,
  listTexts,
  signatureName,
} from './find-request.ts'
import { property, readHeaderList } from './json.ts'
import { addHost, askTwilio, type Body, guessMethod, readLogged, toBody } from './logged.ts'
import { listPrinted, type Printed, type Span } from './printed-object.ts'
import { type CopiedBody, joinFormLines, readJson, readShownBody } from './raw-http.ts'
import { findCurl } from './read-curl.ts'
import { checkRequest, findHeader, type HeaderList, type RecordedRequest } from './request.ts'

/**
 * Says if a text has the headers of a signed request, or an object with such headers, as
 * `console.log` prints them.
 */
export function hasPrintedHeaders(text: string): boolean {
  if (!signatureName.test(text)) return false
  // A command behind the lines has more: `tollgate sign` prints both.
  return findSigned(text) !== undefined || (findLines(text) !== undefined && findCurl(text) === undefined)
}

const headerLine = /^[ \t]*([A-Za-z][\w-]{0,80}):[ \t]*(.*)$/

/** Headers in lines, and the text around them. */
interface HeaderLines {
  readonly before: string
  readonly headers: HeaderList
  readonly after: string
}

/** Finds the lines with headers around the signature. A server may print its own names between them. */
function findLines(text: string): HeaderLines | undefined {
  const lines = text.split(/\r?\n/)
  const at = lines.findIndex((line) => isSignatureName(headerLine.exec(line)?.[1] ?? ''))
  if (at === -1) return undefined
  const isHeader = (index: number): boolean => headerLine.test(lines[index] ?? '')
  let [start, end] = [at, at + 1]
  while (start > 0 && isHeader(start - 1)) start--
  while (end < lines.length && isHeader(end)) end++
  const headers = lines.slice(start, end).flatMap((line): [string, string][] => {
    const [, name = '', value = ''] = headerLine.exec(line) ?? []
    return value.trim() === '' ? [] : [[name, value.trim()]]
  })
  return { before: lines.slice(0, start).join('\n'), headers, after: lines.slice(end).join('\n') }
}

/** Reads headers in lines after a line such as `POST /sms`, or with lines such as `Path: /sms` among them. */
function readLines({ before, headers, after }: HeaderLines, scheme: string): RecordedRequest {
  const find = (name: string): string | undefined => findHeader(headers, name)
  const line = readLine(`${before}\n\n${after}`, { start: before.length + 1, end: before.length + 1 })
  const target = find('url') ?? find('path') ?? line.url
  if (target === undefined) throw new RequestError(noUrl)
  const ofLine = find('requestbody') ?? find('body') ?? find('payload')
  const body =
    ofLine === undefined
      ? readPrintedBody([find('form') ?? '', after].join('\n'), { start: 0, end: 0 }, headers)
      : { body: encodeUtf8(ofLine) }
  const json: Body & CopiedBody =
    body.body === undefined || body.bodyDecoded ? (readJsonText(after, headers) ?? body) : body
  const named = find('method') ?? line.method
  const hasUnread = named !== 'GET' && after.trim() !== '' && json.body === undefined && json.parsedBody === undefined
  const method = named ?? guessMethod(json, headers)
  const url = addHost(target, headers, scheme)
  return checkRequest({ method, url, headers, ...json, ...(hasUnread && { hasUnread }) })
}

/** JSON behind the headers, and behind the titles of a page, to the end of the text. */
function readJsonText(after: string, headers: HeaderList): (Body & CopiedBody) | undefined {
  const start = /^\s*(?:\{|\[\s*\{)/.test(after) ? 0 : /^(?:\{|\[\s{0,80}\{)/m.exec(after)?.index
  const text = after.slice(start ?? after.length)
  return start === undefined || (start > 0 && readJson(text) === undefined) ? undefined : readShownBody(text, headers)
}

const noUrl = `it has no URL: write method and path before the headers, as in POST /sms {…}; ${askTwilio}`

/** A site such as smee.io sends a request on without its path. */
function describeSite(headers: HeaderList): string | undefined {
  const host = findHeader(headers, 'host') ?? ''
  return /^[\w.-]{1,100}$/.test(host) && isCaptureSite(host)
    ? `Twilio signed the URL at ${host}, and this copy has no path; write it before the copy, as in POST /abc {…}, or let Twilio call your own server, through a tunnel`
    : undefined
}

/** A printed object, with the request or only the headers in it. */
interface Signed extends Printed {
  readonly request: object | undefined
  readonly headers: object | undefined
}

function findSigned(text: string): Signed | undefined {
  if (!signatureName.test(text)) return undefined
  for (const printed of listPrinted(text)) {
    const isRequest = hasSignedRequest(printed.value)
    const request = isRequest ? findRequest(printed.value)?.value : undefined
    const headers = isRequest ? undefined : findHeaders(printed.value)
    if (isRequest || headers !== undefined) return { ...printed, request, headers }
  }
  return undefined
}

/**
 * Reads what `console.log(req.method, req.originalUrl, req.headers, req.body)` printed, or a Request
 * of Node.js, Bun or Deno with its headers.
 * @param scheme That of a target without one.
 * @throws RequestError if a part is missing
 */
export function readPrintedHeaders(text: string, scheme: string): RecordedRequest {
  const found = findSigned(text)
  const lines = found === undefined ? findLines(text) : undefined
  if (lines !== undefined) return readLines(lines, scheme)
  if (found === undefined)
    throw new RequestError(
      `its headers are no whole object: they are cut off, or have other text between; ${askTwilio}`,
    )
  const line = readLine(text, found)
  const { request } = found
  if (request !== undefined) {
    const isNamed = listTexts(request, 'url').length > 0
    const read = readLogged({ ...line, ...(isNamed && { url: undefined }), ...request }, scheme)
    return read.body === undefined && read.parsedBody === undefined
      ? { ...read, ...readPrintedBody(text, found, read.headers) }
      : read
  }
  const headers = readHeaderList(dropObjects(found.headers))
  if (line.url === undefined) throw new RequestError(describeSite(headers) ?? noUrl, { kind: 'url' })
  const inner = toBody(property(found.headers, 'body'), headers)
  const whole = isEmpty(inner) ? readPrintedBody(text, found, headers) : inner
  const body = isEmpty(whole) ? readCutBody(text.slice(found.end), headers) : whole
  const url = addHost(line.url, line.host === undefined ? headers : [...headers, ['host', line.host]], scheme)
  return checkRequest({ method: line.method ?? guessMethod(body, headers), url, headers, ...body })
}

function isEmpty({ body, parsedBody }: Body): boolean {
  return body === undefined && parsedBody === undefined
}

/** A text that a log cut has no quote at its end. */
const cutBody = /["']\b(?:raw_?)?body["']\s{0,5}:\s{0,5}"((?:[^"\\]|\\.)*)\\?$/i

/** Reads the beginning of a body in JSON that a log cut. */
function readCutBody(rest: string, headers: HeaderList): Pick<RecordedRequest, 'body' | 'bodyTruncated'> {
  const [, found] = cutBody.exec(rest.trimEnd()) ?? []
  if (found === undefined || found === '') return {}
  const body = encodeUtf8(found.replace(/\\u[0-9a-f]{0,3}$/i, '').replace(/\\(["\\/])/g, '$1'))
  // A length shows the same, and how much is missing.
  return findHeader(headers, 'content-length') === undefined ? { body, bodyTruncated: true } : { body }
}

/** A relay may write the body beside the headers. */
function dropObjects(headers: object | undefined): object {
  return Object.fromEntries(
    Object.entries(headers ?? {}).filter(
      ([, one]) => Array.isArray(one) || typeof one === 'string' || typeof property(one, 'value') === 'string',
    ),
  )
}

interface Line {
  readonly method?: string | undefined
  readonly host?: string | undefined
  readonly url?: string | undefined
}

// Each reads a part of a text that has a limited length.
const requestLine =
  /\b(GET|POST|PUT|PATCH|DELETE)\b["']?,?\s+(?:((?:[\w-]{1,63}\.){1,20}[\w-]{1,63}(?::\d{1,5})?)\s)?["']?((?:https?:\/)?\/[^\s"',]*)/g
const namedHost = /\bHost["']?[:=]\s?["']?((?:[\w-]{1,63}\.){1,20}[\w-]{1,63}(?::\d{1,5})?)/
const namedUrl = /\b(?:originalUrl|url|uri|path)["']?\s*[:=]\s*["']?((?:https?:\/)?\/[^\s"',]*)/gi
const lastTarget =
  /(?:^|\s)((?:https?:\/)?\/\S*)\s+(?:[\w[\]().:=]+\s+){0,3}$|(?:^|\s)((?:https?:\/)?\/\S*)\s*$|["'`(]((?:https?:\/)?\/[^\s"'`]*)["'`],?\s*$/
const namedMethod = /\bmethod["']?\s*[:=]\s*["']?([A-Z]{3,7})\b/gi

/** The method and the target stand before the headers or, if they do not, behind them. */
function readLine(text: string, { start, end }: Span): Line {
  // A long log may stand around them.
  const [before, after] = [text.slice(0, start).slice(-4000), text.slice(end).slice(0, 4000)]
  for (const [part, at] of [
    [before, -1],
    [after, 0],
  ] as const) {
    const [, method, named, target] = [...part.matchAll(requestLine)].at(at) ?? []
    const host = named ?? (namedHost.exec(before) ?? namedHost.exec(after))?.[1]
    if (target !== undefined) return { method, host, url: target }
    const url = [...part.matchAll(namedUrl)].at(at)?.[1]
    if (url !== undefined) return { method: [...part.matchAll(namedMethod)].at(at)?.[1], host, url }
    const last = part === before ? lastTarget.exec(part) : null
    if (last !== null) return { host, url: last[1] ?? last[2] ?? last[3] }
  }
  return {}
}

const bodyLine = /^(?:[,\]]\s?)?(?:[\w ]{1,80}:\s{0,4}|\w+=?\s+)?["']?([^\s=&{}"'\]]+=[^\s"'\]]*)["']?[,\]]?$/

/** The body stands after the headers: the object of a parser, or a form as text. Or it is an object before them. */
function readPrintedBody(text: string, { start, end }: Span, headers: HeaderList): Body {
  const rest = text.slice(end)
  const forms = joinFormLines(rest)
    .split('\n')
    .flatMap((line) => bodyLine.exec(line.trim())?.[1] ?? [])
  const length = Number(findHeader(headers, 'content-length'))
  const form = forms.find((one) => one.length === length) ?? forms[0]
  const lines = readParameters(rest)
  // The lines of several parameters look like forms with one.
  const isLine = form?.includes('&') === false && Object.keys(lines ?? {}).length > 1
  if (form !== undefined && !isLine) return { body: encodeUtf8(form) }
  const after = readFirst(rest)
  const before = [...listPrinted(text.slice(0, start))].at(-1)
  return toBody(after ?? before?.value ?? lines, headers)
}

/** Reads the first object in a text, or the whole list if it is in one: a batch of events is. */
function readFirst(text: string): object | undefined {
  const [first, ...others] = listPrinted(text)
  if (first === undefined || !/\[\s{0,20}$/.test(text.slice(Math.max(0, first.start - 21), first.start)))
    return first?.value
  const list: object[] = [first.value]
  let end = first.end
  for (const one of others) {
    if (text.slice(end, one.start).trim() !== ',') break
    list.push(one.value)
    end = one.end
  }
  return /^\s*\]/.test(text.slice(end, end + 20)) ? list : first.value
}

const parameterLine = /^[ \t]{0,40}([A-Za-z]\w{0,80})(?:: ?|=| => ?|\t)(.*)$/

/** Reads parameters in lines such as `Body: Hi`, as mitmproxy prints them. One of them is the id of a webhook. */
function readParameters(text: string): object | undefined {
  let found: [string, string][] = []
  for (const line of [...text.split(/\r?\n/), '']) {
    const [, name, value = ''] = parameterLine.exec(line) ?? []
    if (name !== undefined) found.push([name, value === '(empty)' ? '' : value])
    else if (found.some(([one]) => /Sid$/.test(one))) return Object.fromEntries(found)
    else found = []
  }
  return undefined
}
