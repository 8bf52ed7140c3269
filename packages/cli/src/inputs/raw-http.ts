import { UsageError } from '../exit.ts'
import { checkRequest, type Fields, findHeader, type GivenRequest, splitUrl } from './request.ts'

const from = 'The raw request'
const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/\d(?:\.\d)?$/

export function looksLikeRawHttp(text: string): boolean {
  return requestLine.test(/^(?:[ \t]*\r?\n)*([^\r\n]*)/.exec(text)?.[1] ?? '')
}

/**
 * Parses a request in the form of HTTP/1.1 messages. Lines end with CRLF, or with LF as editors
 * save them.
 *
 * @param scheme the scheme of the URL if the target is not absolute
 * @throws UsageError if the text is not such a request. It throws no other error.
 */
export function parseRawHttp(bytes: Uint8Array, scheme: string): GivenRequest {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/^(?:[ \t]*\r?\n)+/, '')
  const head = /^([\s\S]*?)(?:\r?\n\r?\n|\r?\n?$)/.exec(text)
  const [first = '', ...lines] = (head?.[1] ?? '').split(/\r?\n/)
  const start = requestLine.exec(first)
  if (start === null) throw new UsageError(`${from} does not begin with a line such as "POST /sms HTTP/1.1".`)
  const [, method = '', target = ''] = start
  const headers = parseFields(lines)
  const rest = Buffer.from(text.slice(head?.[0].length ?? 0), 'latin1')
  const body = readBody(rest, headers)
  const url = resolveTarget(target, headers, scheme)
  return checkRequest({ method, url, headers, body: body.length === 0 ? undefined : body }, from)
}

function parseFields(lines: readonly string[]): Fields {
  return lines.map((line, index): [string, string] => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+|:[a-z]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (match === null)
      throw new UsageError(`${from}: line ${index + 2} is not a header; an empty line ends the headers.`)
    return [match[1] ?? '', match[2] ?? '']
  })
}

function resolveTarget(target: string, headers: Fields, scheme: string): string {
  if (splitUrl(target) !== undefined) return target
  const host = findHeader(headers, 'host') ?? findHeader(headers, ':authority')
  return host === undefined || host === '' ? target : `${scheme}://${host}${target}`
}

function readBody(rest: Buffer, headers: Fields): Buffer {
  const declared = findHeader(headers, 'content-length')
  if (declared !== undefined && /^\d{1,9}$/.test(declared)) return cut(rest, Number(declared))
  if (/chunked/i.test(findHeader(headers, 'transfer-encoding') ?? '')) return dechunk(rest) ?? rest
  // Editors end a file with a line break, which a form never has.
  const isForm = /x-www-form-urlencoded/i.test(findHeader(headers, 'content-type') ?? '')
  return isForm ? Buffer.from(rest.toString('latin1').replace(/(\r?\n)+$/, ''), 'latin1') : rest
}

function cut(rest: Buffer, length: number): Buffer {
  if (rest.length < length)
    throw new UsageError(`${from} is cut off: its Content-Length is ${length}, but its body has ${rest.length} bytes.`)
  if (/\S/.test(rest.subarray(length).toString('latin1')))
    throw new UsageError(
      `${from} continues after its body: its Content-Length is ${length}, but there are ${rest.length} bytes.`,
    )
  return rest.subarray(0, length)
}

/** Joins the chunks. Returns `undefined` without chunks: many tools save the joined body. */
function dechunk(rest: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  let at = 0
  while (at < rest.length) {
    const line = /^([0-9a-f]{1,7})(?:;[^\r\n]*)?\r?\n/i.exec(rest.subarray(at, at + 200).toString('latin1'))
    if (line === null) return undefined
    const size = Number.parseInt(line[1] ?? '', 16)
    if (size === 0) return Buffer.concat(chunks)
    at += line[0].length
    chunks.push(rest.subarray(at, at + size))
    at += size
    at += rest[at] === 13 ? 2 : 1
  }
  return undefined
}
