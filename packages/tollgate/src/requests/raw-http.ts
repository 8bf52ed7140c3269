import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { RequestError } from './error.ts'
import { isSignatureName } from './find-request.ts'
import { isDeep } from './json.ts'
import { addHost, isForm } from './logged.ts'
import {
  checkRequest,
  findHeader,
  fromLatin1,
  type HeaderList,
  joinBytes,
  type RecordedRequest,
  toLatin1,
  trimBlanks,
} from './request.ts'

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/\d(?:\.\d)?$/
/** As people type it. Then one of the headers is a signature. */
const typedLine = /^(GET|POST|PUT) ((?:https?:\/)?\/\S*)$/
const headerName = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+|:[a-z]+):/
const longestHead = 1024 * 1024

/**
 * Returns true for text that begins with a request line. Blank lines and comments may come before it.
 */
export function looksLikeRawHttp(bytes: Uint8Array): boolean {
  const { lines, rest } = splitHead(bytes)
  const [first = '', ...fields] = lines
  if (requestLine.test(first)) return true
  // `tollgate sign` prints such lines, and a command behind them.
  const isTyped = typedLine.test(first) && !/^\s*curl /.test(toLatin1(rest.subarray(0, 100)))
  return isTyped && fields.some((line) => isSignatureName(headerName.exec(line)?.[1] ?? ''))
}

interface Head {
  /** The request line and the headers. */
  readonly lines: readonly string[]
  /** The number of the request line in the text. */
  readonly firstLine: number
  readonly rest: Uint8Array
}

/** Splits at the first empty line. Lines end with CRLF, or with LF as editors save them. */
function splitHead(bytes: Uint8Array): Head {
  const lines: string[] = []
  let [at, count, firstLine] = [0, 0, 1]
  while (at < bytes.length && at < longestHead) {
    const found = bytes.indexOf(10, at)
    const end = found === -1 ? bytes.length : found
    const line = toLatin1(bytes.subarray(at, bytes[end - 1] === 13 ? end - 1 : end))
    at = end + 1
    count++
    const isFirst = lines.length === 0
    // A title or a comment of a .http file is skipped.
    if (trimBlanks(line) !== '' && !(isFirst && /^(?:#|\/\/)/.test(line))) lines.push(line)
    else if (!isFirst) break
    if (isFirst && lines.length === 1) firstLine = count
    // Text without line ends is no request.
    if (isFirst && lines.length === 1 && !requestLine.test(line) && !typedLine.test(line)) break
  }
  return { lines, firstLine, rest: bytes.subarray(at) }
}

/**
 * Parses a request in the form of HTTP/1.1 messages.
 *
 * @param scheme the scheme of the URL if the target is not absolute
 * @throws RequestError if the text is not such a request
 */
export function readRawHttp(bytes: Uint8Array, scheme: string): RecordedRequest {
  const { lines, firstLine, rest } = splitHead(bytes)
  const [first = '', ...fields] = lines
  const start = requestLine.exec(first) ?? typedLine.exec(first)
  if (start === null)
    throw new RequestError('this does not begin with a line such as "POST /sms HTTP/1.1"', {
      position: `line ${firstLine}`,
    })
  const [, method = '', given = ''] = start
  const headers = fields.map((line, index) => parseField(line, firstLine + 1 + index))
  return checkRequest({ method, url: addHost(given, headers, scheme), headers, ...readBody(rest, headers) })
}

function parseField(line: string, number: number): readonly [string, string] {
  const [, name] = headerName.exec(line) ?? []
  if (name === undefined)
    throw new RequestError('this is not a header; an empty line ends the headers', { position: `line ${number}` })
  return [name, trimBlanks(line.slice(name.length + 1))]
}

/** A body, and how its copy differed. */
export type CopiedBody = Pick<RecordedRequest, 'body' | 'copyNote'>

function readBody(rest: Uint8Array, headers: HeaderList): CopiedBody {
  const declared = findHeader(headers, 'content-length')
  // A form has no line ends: an editor wrote them.
  const joined = isForm(headers) ? fromLatin1(toLatin1(rest).split(/\r?\n/).map(trimBlanks).join('')) : rest
  if (declared !== undefined && /^\d{1,9}$/.test(declared))
    return joined.length === Number(declared) ? { body: joined } : cut(rest, Number(declared))
  if (/chunked/i.test(findHeader(headers, 'transfer-encoding') ?? '')) return { body: dechunk(rest) ?? rest }
  return joined.length === 0 ? {} : { body: joined }
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

function cut(rest: Uint8Array, length: number): CopiedBody {
  const isMore = rest.subarray(length).some((byte) => ![9, 10, 13, 32].includes(byte))
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
