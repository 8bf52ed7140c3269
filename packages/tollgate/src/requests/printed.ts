import { encodeUtf8 } from '../bytes.ts'
import { RequestError } from './error.ts'
import { findHeaders, hasSignedRequest, isSignatureName, signatureName } from './find-request.ts'
import { property, readHeaderList } from './json.ts'
import { addHost, type Body, guessMethod, isForm, readLogged, toBody } from './logged.ts'
import { listPrinted, type Printed, type Span } from './printed-object.ts'
import { type CopiedBody, readJson, readShownBody } from './raw-http.ts'
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

const noUrl = 'it has no URL: write method and path before the headers, as in POST /sms {…}'

/**
 * Reads what `console.log(req.method, req.originalUrl, req.headers, req.body)` printed, a Request of
 * Node.js, Bun or Deno with its headers, an event of a function, or headers in lines.
 * @param scheme That of a target without one.
 * @throws RequestError if a part is missing
 */
export function readPrintedHeaders(text: string, scheme: string): RecordedRequest {
  const found = findSigned(text)
  const lines = found === undefined ? findLines(text) : undefined
  if (lines !== undefined) return readLines(lines, scheme)
  if (found === undefined)
    throw new RequestError('its headers are no whole object: they are cut off, or have other text between', {
      kind: 'incomplete',
    })
  const line = readLine(text.slice(0, found.start), text.slice(found.end))
  if (found.request !== undefined) {
    // The object in the line around it: its own method and URL come first.
    const read = readLogged({ ...line, request: found.request }, { scheme })
    return isEmpty(read) ? { ...read, ...readPrintedBody(text, found, read.headers) } : read
  }
  const headers = readHeaderList(dropObjects(found.headers))
  if (line.url === undefined) throw new RequestError(noUrl, { kind: 'incomplete' })
  const inner = toBody(property(found.headers, 'body'), headers)
  const body = isEmpty(inner) ? readPrintedBody(text, found, headers) : inner
  return checkRequest({
    method: line.method ?? guessMethod(body, headers),
    url: addHost(line.url, headers, scheme),
    headers,
    ...body,
  })
}

function isEmpty({ body, parsedBody }: Body): boolean {
  return body === undefined && parsedBody === undefined
}

/** A printed object, with the request or only the headers in it. */
interface Signed extends Printed {
  readonly request: object | undefined
  readonly headers: object | undefined
}

function findSigned(text: string): Signed | undefined {
  if (!signatureName.test(text)) return undefined
  for (const printed of listPrinted(text)) {
    const request = [printed.value].flat().find(hasSignedRequest)
    const headers = findHeaders(printed.value)
    if (request !== undefined) return { ...printed, request, headers: undefined }
    if (headers !== undefined) return { ...printed, request: undefined, headers }
  }
  return undefined
}

/** A relay may write the body beside the headers. */
function dropObjects(headers: object | undefined): object {
  if (Array.isArray(headers)) return headers
  return Object.fromEntries(
    Object.entries(headers ?? {}).filter(
      ([, one]) => Array.isArray(one) || typeof one === 'string' || typeof property(one, 'value') === 'string',
    ),
  )
}

interface Line {
  readonly method?: string | undefined
  readonly url?: string | undefined
}

// Each reads a part of a text that has a limited length.
const target = /((?:https?:\/)?\/[^\s"'`,]*)/.source
const requestLine = new RegExp(`\\b(GET|POST|PUT|PATCH|DELETE)\\b["']?,?\\s+["']?${target}`, 'g')
const namedUrl = new RegExp(`\\b(?:originalUrl|url|uri|path)["']?\\s*[:=]\\s*["']?${target}`, 'gi')
const namedMethod = /\bmethod["']?\s*[:=]\s*["']?([A-Z]{3,7})\b/gi
/** A target, and up to three words such as `headers:` between it and the headers. */
const lastTarget = new RegExp(`(?:^|[\\s"'\`(])${target}["'\`]?,?\\s+(?:[\\w[\\]().:=]+\\s+){0,3}$`)

/** The method and the target stand before the headers or, if they do not, behind them. */
function readLine(allBefore: string, allAfter: string): Line {
  // A long log may stand around them.
  const [before, after] = [`${allBefore.slice(-4000)} `, allAfter.slice(0, 4000)]
  for (const [part, at] of [
    [before, -1],
    [after, 0],
  ] as const) {
    const [, method, url] = [...part.matchAll(requestLine)].at(at) ?? []
    if (url !== undefined) return { method, url }
    const named = [...part.matchAll(namedUrl)].at(at)?.[1]
    if (named !== undefined) return { method: [...part.matchAll(namedMethod)].at(at)?.[1], url: named }
    const last = part === before ? lastTarget.exec(part)?.[1] : undefined
    if (last !== undefined) return { url: last }
  }
  return {}
}

const bodyLine = /^(?:[,\]]\s?)?(?:[\w ]{1,80}:\s{0,4}|\w+=?\s+)?["']?([^\s=&{}"'\]]+=[^\s"'\]]*)["']?[,\]]?$/

/** The body stands after the headers: the object of a parser, or a form as text. Or it is an object before them. */
function readPrintedBody(text: string, { start, end }: Span, headers: HeaderList): Body {
  const rest = text.slice(end)
  const forms = rest.split('\n').flatMap((line) => bodyLine.exec(line.trim())?.[1] ?? [])
  const length = Number(findHeader(headers, 'content-length'))
  const form = forms.find((one) => one.length === length) ?? forms[0]
  const lines = readParameters(rest)
  // The lines of several parameters look like forms with one.
  const isLine = form?.includes('&') === false && Object.keys(lines ?? {}).length > 1
  if (form !== undefined && !isLine) return { body: encodeUtf8(form) }
  const [after] = listPrinted(rest)
  const before = [...listPrinted(text.slice(0, start))].at(-1)
  return toBody(after?.value ?? before?.value ?? lines, headers)
}

const parameterLine = /^[ \t]{0,40}([A-Za-z]\w{0,80})(?:: ?|=| => ?|\t)(.*)$/

/** Reads parameters in lines such as `Body: Hi`. One of them is the id of a webhook. */
function readParameters(text: string): object | undefined {
  let found: [string, string][] = []
  for (const line of [...text.split(/\r?\n/), '']) {
    const [, name, value = ''] = parameterLine.exec(line) ?? []
    if (name !== undefined) found.push([name, value])
    else if (found.some(([one]) => /Sid$/.test(one))) return Object.fromEntries(found)
    else found = []
  }
  return undefined
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
  const line = readLine(before, after)
  const url = find('url') ?? find('path') ?? line.url
  if (url === undefined) throw new RequestError(noUrl, { kind: 'incomplete' })
  const own = find('requestbody') ?? find('body') ?? find('payload')
  const body = own === undefined ? readTextBody(after, headers) : { body: encodeUtf8(own) }
  const named = find('method') ?? line.method
  const hasUnread = named !== 'GET' && after.trim() !== '' && isEmpty(body)
  return checkRequest({
    ...{ method: named ?? guessMethod(body, headers), url: addHost(url, headers, scheme), headers, ...body },
    ...(hasUnread && { hasUnread }),
  })
}

/** JSON behind the headers, and behind the titles of a page, or what `readPrintedBody` finds. */
function readTextBody(after: string, headers: HeaderList): Body & CopiedBody {
  const start = /^[{[]/m.exec(after)?.index ?? after.length
  const isJson = !isForm(headers) && readJson(after.slice(start)) !== undefined
  return isJson ? readShownBody(after.slice(start), headers) : readPrintedBody(after, { start: 0, end: 0 }, headers)
}
