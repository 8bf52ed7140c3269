import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { RequestError } from './error.ts'
import { isDeep } from './json.ts'
import { readNotes, writeNotes } from './notes.ts'
import {
  checkRequest,
  findHeader,
  framing,
  fromLatin1,
  type HeaderList,
  isBodyLost,
  joinBytes,
  ownTarget,
  type RecordedRequest,
  splitUrl,
  toLatin1,
  trimBlanks,
} from './request.ts'

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/\d(?:\.\d)?$/
const longestHead = 1024 * 1024

/**
 * Returns true for text that begins with a request line. Blank lines and notes may come before it.
 */
export function looksLikeRawHttp(bytes: Uint8Array): boolean {
  return requestLine.test(splitHead(bytes).lines[0] ?? '')
}

interface Head {
  readonly notes: readonly string[]
  /** The request line and the headers. */
  readonly lines: readonly string[]
  /** The number of the request line in the text. */
  readonly firstLine: number
  readonly rest: Uint8Array
}

/** Splits at the first empty line. Lines end with CRLF, or with LF as editors save them. */
function splitHead(bytes: Uint8Array): Head {
  const notes: string[] = []
  const lines: string[] = []
  // Notes come before the head, and may hold a long body that a parser left.
  let [at, count, firstLine, headStart] = [0, 0, 1, 0]
  while (at < bytes.length && at - headStart < longestHead) {
    const found = bytes.indexOf(10, at)
    const end = found === -1 ? bytes.length : found
    const line = toLatin1(bytes.subarray(at, bytes[end - 1] === 13 ? end - 1 : end))
    at = end + 1
    count++
    const isFirst = lines.length === 0
    // A title or a comment of a .http file is skipped like a note.
    if (isFirst && /^(?:#|\/\/)/.test(line)) {
      notes.push(line)
      headStart = at
    } else if (trimBlanks(line) !== '') lines.push(line)
    else if (!isFirst) break
    if (isFirst && lines.length === 1) firstLine = count
    // Text without line ends is no request.
    if (isFirst && lines.length === 1 && !requestLine.test(line)) break
  }
  return { notes, lines, firstLine, rest: bytes.subarray(at) }
}

/**
 * Parses a request in the form of HTTP/1.1 messages.
 *
 * @param scheme the scheme of the URL if the target is not absolute
 * @throws RequestError if the text is not such a request
 */
export function readRawHttp(bytes: Uint8Array, scheme: string): RecordedRequest {
  const { notes, lines, firstLine, rest } = splitHead(bytes)
  const [first = '', ...fields] = lines
  const start = requestLine.exec(first)
  if (start === null)
    throw new RequestError('this does not begin with a line such as "POST /sms HTTP/1.1"', {
      position: `line ${firstLine}`,
    })
  const [, method = '', given = ''] = start
  const headers = fields.map((line, index) => parseField(line, firstLine + 1 + index))
  const { leftOut: _, bodyLost, url, ...marks } = readNotes(notes)
  const isLost = bodyLost === true || marks.parsedBody !== undefined
  return checkRequest({
    method,
    url: url ?? resolveTarget(given, headers, scheme),
    headers,
    body: undefined,
    ...(isLost ? {} : marks.bodyTruncated ? { body: readBeginning(rest, headers) } : readBody(rest, headers)),
    ...marks,
  })
}

function parseField(line: string, number: number): readonly [string, string] {
  const [, name] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+|:[a-z]+):/.exec(line) ?? []
  if (name === undefined)
    throw new RequestError('this is not a header; an empty line ends the headers', { position: `line ${number}` })
  return [name, trimBlanks(line.slice(name.length + 1))]
}

function resolveTarget(target: string, headers: HeaderList, scheme: string): string {
  // Behind a host, any other target would become a part of its name.
  if (!target.startsWith('/')) return target
  const host = findHeader(headers, 'host') ?? findHeader(headers, ':authority')
  return host === undefined || host === '' ? target : `${scheme}://${host}${target}`
}

/** Reads what was kept of a body. Its Content-Length may be that of the whole body. */
function readBeginning(rest: Uint8Array, headers: HeaderList): Uint8Array | undefined {
  return rest.length === 0 && findHeader(headers, 'content-length') !== '0' ? undefined : rest
}

/** A body, and how its copy differed. */
export type CopiedBody = Pick<RecordedRequest, 'body' | 'copyNote'>

function readBody(rest: Uint8Array, headers: HeaderList): CopiedBody {
  const declared = findHeader(headers, 'content-length')
  const isForm = /x-www-form-urlencoded/i.test(findHeader(headers, 'content-type') ?? '')
  if (declared !== undefined && /^\d{1,9}$/.test(declared)) {
    const form = isForm && rest.length > Number(declared) ? readForm(rest) : undefined
    return form?.length === Number(declared) ? { body: form } : cut(rest, Number(declared))
  }
  if (isAnswer(rest, 0)) return {}
  if (/chunked/i.test(findHeader(headers, 'transfer-encoding') ?? '')) return { body: dechunk(rest) ?? rest }
  const body = isForm ? readForm(rest) : rest
  return body.length === 0 ? {} : { body }
}

/**
 * Reads a body that a page showed. Content-Length shows if the page or an editor changed it.
 * @param text the text, with spaces and line ends around it
 */
export function readShownBody(text: string, headers: HeaderList): CopiedBody {
  const body = encodeUtf8(text.trim())
  const length = Number(findHeader(headers, 'content-length') ?? body.length)
  return body.length === length ? { body } : (fitBody(body, length) ?? { body })
}

/**
 * Finds what a copy did to a body, so that it has not its Content-Length: an editor or a terminal changed the
 * line ends, or a page formatted the JSON.
 */
function fitBody(rest: Uint8Array, length: number): CopiedBody | undefined {
  const text = toLatin1(rest)
  let size = text.length
  // A byte of UTF-8 may look like a space of Latin-1.
  while (/[ \t\r\n]/.test(text.charAt(size - 1))) size--
  const bare = text.slice(0, size)
  const plain = bare.replaceAll('\r\n', '\n')
  // A text that is complete may have lost the line end behind it.
  const ends = /(?:[\]}]|--)$/.test(bare) ? ['', '\r\n', '\n'] : [text.endsWith('\n') ? '\r\n' : '']
  for (const lines of [plain.replaceAll('\n', '\r\n'), plain])
    for (const end of ends)
      if (lines.length + end.length === length)
        return {
          body: fromLatin1(lines + end),
          copyNote: 'whose line ends were put back',
        }
  const json = readJson(decodeUtf8(rest))
  // Characters may be written as escapes, but white space alone makes a text longer.
  if (json === undefined || (rest.length > length && encodeUtf8(json).length > length)) return undefined
  const copyNote = `whose JSON was formatted (Content-Length: ${length}, here: ${rest.length}), so copy the raw body`
  return { body: fromLatin1(bare), copyNote }
}

/** Writes JSON without white space. `undefined` for another text. */
export function readJson(text: string | undefined): string | undefined {
  if (text === undefined || !/^\s*[[{]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isDeep(value) ? undefined : JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** Reads a form as editors save it: it may have several lines, and ends with a line break. */
function readForm(rest: Uint8Array): Uint8Array {
  if (!rest.includes(10) && !rest.includes(13)) return rest
  const form = fromLatin1(joinFormLines(cutSection(toLatin1(rest))))
  let end = form.length
  while (form[end - 1] === 10 || (form[end - 1] === 13 && end < form.length)) end--
  return form.subarray(0, end)
}

const nextRequest = /^(?:[A-Z]{3,10} (?:https?:\/)?\/|https?:\/\/)/m

/**
 * Cuts off what follows a request in a .http file.
 * @throws RequestError if it is another request
 */
function cutSection(body: string): string {
  const at = /^###/m.exec(body)?.index
  if (at === undefined) return body
  if (nextRequest.test(body.slice(at)))
    throw new RequestError('it has several requests, with "###" between them; keep the one that was refused')
  return body.slice(0, at)
}

/**
 * Joins the lines of a form if one begins or ends with "&", as the clients do that read .http files.
 * https://github.com/Huachao/vscode-restclient#making-request
 * https://www.jetbrains.com/help/idea/exploring-http-syntax.html
 */
export function joinFormLines(text: string): string {
  const parts: string[] = []
  let isOpen = false
  for (const line of text.split('\n')) {
    const field = trimLine(line)
    const isPart = parts.length > 0 && (/^&[^\s&]/.test(field) || (isOpen && formLine.test(field)))
    if (isPart) parts.push(trimLine(parts.pop() ?? ''), field)
    else parts.push(parts.length === 0 ? line : `\n${line}`)
    isOpen = field.endsWith('&') && formLine.test(field)
  }
  return parts.join('')
}

const formLine = /^&?[^\s=&]+=\S*$/

function trimLine(line: string): string {
  return trimBlanks(line.replace(/\r$/, '')).replace(/^(\n?\S+)[ \t]+&$/, '$1&')
}

/** Recognises the answer behind the request, as HTTPie (`http -v`) prints it and Wireshark follows a stream. */
function isAnswer(rest: Uint8Array, at: number): boolean {
  return /^[\r\n]{0,8}HTTP\/\d(?:\.\d)? \d{3}[ \r\n]/.test(toLatin1(rest.subarray(at, at + 30)))
}

function cut(rest: Uint8Array, length: number): CopiedBody {
  const isMore = !isAnswer(rest, length) && rest.subarray(length).some((byte) => ![9, 10, 13, 32].includes(byte))
  const fitted = rest.length < length || isMore ? fitBody(rest, length) : { body: rest.subarray(0, length) }
  if (fitted !== undefined) return fitted
  if (rest.length < length)
    throw new RequestError(`it is cut off: its Content-Length is ${length}, but its body has ${rest.length} bytes`, {
      kind: 'cut_off',
    })
  throw new RequestError(
    `it continues after its body: its Content-Length is ${length}, but there are ${rest.length} bytes`,
  )
}

/** Joins the chunks. Returns `undefined` without chunks: many tools save the joined body. */
function dechunk(rest: Uint8Array): Uint8Array | undefined {
  const chunks: Uint8Array[] = []
  let at = 0
  while (at < rest.length) {
    const end = rest.indexOf(10, at) + 1
    const line = end === 0 || end > at + 200 ? '' : toLatin1(rest.subarray(at, end))
    const [, digits] = /^([0-9a-f]{1,7})(?:;[^\r\n]*)?\r?\n$/i.exec(line) ?? []
    if (digits === undefined) return undefined
    const size = Number.parseInt(digits, 16)
    if (size === 0) return joinBytes(chunks)
    at = end
    chunks.push(rest.subarray(at, at + size))
    at += size
    at += rest[at] === 13 ? 2 : 1
  }
  return undefined
}

/** Writes a request as an HTTP/1.1 message. Marks are comments before it. */
export function writeRawHttp(request: RecordedRequest): Uint8Array {
  const { method, url, headers, body, bodyTruncated, bodyDecoded, parsedBody } = request
  // The reader would join a path and the Host.
  const isPlain = /^[!-~]+$/.test(url) && (splitUrl(url) !== undefined || findHeader(headers, 'host') === undefined)
  const bodyLost = isBodyLost(request)
  const notes = writeNotes({
    ...(!isPlain && { url }),
    ...{ target: ownTarget(request), bodyTruncated, bodyDecoded, parsedBody, bodyLost },
    leftOut: [],
  })
  // A lost body has no other trace than these headers.
  const own = headers.filter(([name]) => bodyLost || !framing.includes(name.toLowerCase()))
  const sized: HeaderList = body === undefined ? own : [...own, ['Content-Length', String(body.length)]]
  const lines = [
    ...notes.map((note) => `${note}\n`),
    `${method} ${isPlain ? toTarget(request) : '/'} HTTP/1.1\r\n`,
    ...sized.map(([name, value]) => `${name}: ${value}\r\n`),
    '\r\n',
  ]
  return joinBytes([fromLatin1(lines.join('')), body ?? encodeUtf8('')])
}

/** The reader takes https unless the target has a scheme. */
function toTarget({ url, headers }: RecordedRequest): string {
  const parts = splitUrl(url)
  const isOrigin = parts?.scheme === 'https' && findHeader(headers, 'host') === parts.authority
  return isOrigin && url.startsWith(`${parts.origin}/`) ? parts.target : url
}
