import { dropNominated } from '../response-head.ts'

/** The head of an upstream's answer, read strictly: what two readers could take for two messages is no head. */
export interface AnswerHead {
  readonly status: number
  readonly statusText: string
  /** For the client: names and values alternating, without what concerns the connection, spelled and ordered as they came. */
  readonly headers: string[]
  /** Bytes of the body. `'chunks'`: they tell their length themselves; `'rest'`: all that comes until the upstream closes. */
  readonly length: number | 'chunks' | 'rest'
  /** Whether another request may follow on the connection. */
  readonly isReusable: boolean
  /** Seconds for which the upstream says that it keeps an idle connection. */
  readonly keptSeconds: number | undefined
}

type Kind = 'plain' | 'hop' | 'length' | 'coding' | 'connection' | 'keep-alive' | 'invalid'

// RFC 9110 section 7.6.1. Node.js writes those of the connection to the client itself.
const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['content-length', 'length'],
  ['transfer-encoding', 'coding'],
  ['connection', 'connection'],
  ['keep-alive', 'keep-alive'],
  ['proxy-connection', 'hop'],
  ['proxy-authenticate', 'hop'],
  ['te', 'hop'],
  ['trailer', 'hop'],
  ['upgrade', 'hop'],
])

const maxNames = 500
const known = new Map<string, Kind>()

function readKind(name: string): Kind {
  let kind = known.get(name)
  if (kind === undefined) {
    kind = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) ? (kinds.get(name.toLowerCase()) ?? 'plain') : 'invalid'
    if (known.size < maxNames) known.set(name, kind)
  }
  return kind
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/

/** Control characters, bare CR or LF, and NUL; folded lines are found by their name, which then begins with a space. */
const unsafe = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/

/**
 * @param text Latin-1, from the status line to the last field, without the empty line
 * @param isBodiless the answer to HEAD, which has no body whatever it says
 * @returns `undefined` where it could be read in two ways, or not at all
 */
export function parseAnswerHead(text: string, isBodiless: boolean): AnswerHead | undefined {
  if (unsafe.test(text)) return undefined
  let end = text.indexOf('\r\n')
  if (end === -1) end = text.length
  const line = statusLine.exec(text.slice(0, end))
  if (line === null) return undefined
  const status = Number(line[2])
  const isOld = line[1] === '0'
  const headers: string[] = []
  let length: number | undefined
  let isChunked = false
  let connection = ''
  let keptSeconds: number | undefined
  while (end < text.length) {
    const start = end + 2
    end = text.indexOf('\r\n', start)
    if (end === -1) end = text.length
    const colon = text.indexOf(':', start)
    if (colon === -1 || colon > end) return undefined
    const name = text.slice(start, colon)
    const value = trim(text, colon + 1, end)
    switch (readKind(name)) {
      case 'plain':
        headers.push(name, value)
        break
      case 'length':
        if (length !== undefined || !/^\d{1,15}$/.test(value)) return undefined
        length = Number(value)
        // RFC 9110 section 8.6: it must not be there.
        if (status !== 204) headers.push(name, value)
        break
      case 'coding':
        if (isChunked || isOld || value.toLowerCase() !== 'chunked') return undefined
        isChunked = true
        break
      case 'connection':
        connection = connection === '' ? value : `${connection},${value}`
        break
      case 'keep-alive':
        keptSeconds = readTimeout(value)
        break
      case 'invalid':
        return undefined
      default:
    }
  }
  if (isChunked && length !== undefined) return undefined
  const hasNone = isBodiless || status === 204 || status === 304
  // A body where there must be none may still come, and would be taken for the next answer.
  const isMisframed = status === 204 && (isChunked || (length ?? 0) > 0)
  const isClosing = connection !== '' && /(^|,)[ \t]*close[ \t]*(,|$)/i.test(connection)
  const isSimple = connection === '' || isClosing || /^keep-alive$/i.test(connection)
  return {
    status,
    statusText: line[3] ?? '',
    headers: isSimple && !connection.includes(',') ? headers : dropNominated(headers, connection),
    length: hasNone ? 0 : isChunked ? 'chunks' : (length ?? 'rest'),
    isReusable: !isOld && !isClosing && !isMisframed,
    keptSeconds,
  }
}

function trim(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9
}

function readTimeout(value: string): number | undefined {
  const [, seconds] = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}
