import { encodeUtf8 } from '../schemes/twilio/sign/form.ts'
import { RequestError } from './error.ts'
import { findHeaders, findRequest, hasSignedRequest, listTexts, signatureName } from './find-request.ts'
import { readHeaderList } from './json.ts'
import { addHost, askTwilio, type Body, guessMethod, readLogged, toBody } from './logged.ts'
import { findPrinted, listPrinted, type Printed } from './printed-object.ts'
import { checkRequest, type HeaderList, type RecordedRequest } from './request.ts'

/**
 * Says if a text has the headers of a signed request, or an object with such headers, as
 * `console.log` prints them.
 */
export function hasPrintedHeaders(text: string): boolean {
  return findSigned(text) !== undefined
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
  if (found === undefined)
    throw new RequestError(
      `its headers are no whole object: they are cut off, or have other text between; ${askTwilio}`,
    )
  const line = readLine(text, found)
  const { request } = found
  if (request !== undefined)
    return readLogged({ ...line, ...(listTexts(request, 'url').length > 0 && { url: undefined }), ...request }, scheme)
  const headers = readHeaderList(found.headers)
  if (line.url === undefined)
    throw new RequestError(`it has no URL: write method and path before the headers, as in POST /sms {…}; ${askTwilio}`)
  const body = readPrintedBody(text, found, headers)
  const url = addHost(line.url, headers, scheme)
  return checkRequest({ method: line.method ?? guessMethod(body, headers), url, headers, ...body })
}

interface Line {
  readonly method?: string | undefined
  readonly url?: string | undefined
}

// Each reads a part of a text that has a limited length.
const requestLine = /\b(GET|POST|PUT|PATCH|DELETE)\b["']?,?\s+["']?((?:https?:\/)?\/[^\s"',]*)/g
const namedUrl = /\b(?:originalUrl|url|uri|path)["']?\s*[:=]\s*["']?((?:https?:\/)?\/[^\s"',]*)/gi
const lastTarget =
  /(?:^|\s)((?:https?:\/)?\/\S*)\s+(?:[\w[\]().:=]+\s+){0,3}$|(?:^|\s)((?:https?:\/)?\/\S*)\s*$|["'`(]((?:https?:\/)?\/[^\s"'`]*)["'`],?\s*$/
const namedMethod = /\bmethod["']?\s*[:=]\s*["']?([A-Z]{3,7})\b/gi

/** The method and the target stand before the headers or, if they do not, behind them. */
function readLine(text: string, { start, end }: Printed): Line {
  // A long log may stand around them.
  const [before, after] = [text.slice(0, start).slice(-4000), text.slice(end).slice(0, 4000)]
  for (const [part, at] of [
    [before, -1],
    [after, 0],
  ] as const) {
    const [, method, target] = [...part.matchAll(requestLine)].at(at) ?? []
    if (target !== undefined) return { method, url: target }
    const named = [...part.matchAll(namedUrl)].at(at)?.[1]
    if (named !== undefined) return { method: [...part.matchAll(namedMethod)].at(at)?.[1], url: named }
    const last = part === before ? lastTarget.exec(part) : null
    if (last !== null) return { url: last[1] ?? last[2] ?? last[3] }
  }
  return {}
}

const bodyLine = /^(?:\w+[:=]?\s+)?["']?([^\s=&{}"']+=[^\s"']*)["']?,?$/

/** The body stands after the headers: the object of a parser, or a form as text. Or it is an object before them. */
function readPrintedBody(text: string, { start, end }: Printed, headers: HeaderList): Body {
  const rest = text.slice(end)
  const form = rest
    .split('\n')
    .map((line) => bodyLine.exec(line.trim())?.[1])
    .find((found) => found !== undefined)
  if (form !== undefined) return { body: encodeUtf8(form) }
  const before = [...listPrinted(text.slice(0, start))].at(-1)
  return toBody(findPrinted(text, end)?.value ?? before?.value, headers)
}
