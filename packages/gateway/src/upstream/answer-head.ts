import { dropNominated, FieldNames, trim } from '../fields.ts'

/** The head of an upstream's answer. A head that two servers could read differently is refused. */
export interface AnswerHead {
  readonly status: number
  readonly statusText: string
  /** The fields for the client, without those for the connection to the upstream. */
  readonly fields: readonly string[]
  /**
   * The length of the body in bytes. `'chunks'`: it is chunked. `'rest'`: it ends when the upstream
   * closes.
   */
  readonly length: number | 'chunks' | 'rest'
  /** True if another request can be sent on the connection. */
  readonly isReusable: boolean
  /** The seconds for which the upstream keeps an idle connection, if `Keep-Alive` says so. */
  readonly keptSeconds: number | undefined
}

type Kind = 'plain' | 'hop' | 'length' | 'coding' | 'connection' | 'keep-alive'

// RFC 9110 section 7.6.1. The gateway writes these fields itself for the connection to the client.
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

const answerFields = new FieldNames<Kind>((lower) => kinds.get(lower) ?? 'plain')

/**
 * No control characters, no NUL, no bare CR or LF, and no folded lines, which begin with a space.
 */
const strict =
  /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n(?:[\w!#$%&'*+\-.^`|~]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/

let lastText = ''
let lastHead: AnswerHead | undefined

/**
 * Parses the head of an answer. The last result is cached, because answers of the same second often
 * have the same head.
 * @param text the status line and the fields, each with its CRLF, without the empty line, as
 * Latin-1
 * @param isBodiless true for an answer to HEAD, which never has a body
 * @returns `undefined` if the head is malformed or ambiguous
 */
export function parseAnswerHead(text: string, isBodiless: boolean): AnswerHead | undefined {
  if (isBodiless) return parse(text, true)
  if (text !== lastText) {
    lastHead = parse(text, false)
    lastText = text
  }
  return lastHead
}

function parse(text: string, isBodiless: boolean): AnswerHead | undefined {
  const line = strict.exec(text)
  if (line === null) return undefined
  const status = Number(line[2])
  const isOld = line[1] === '0'
  let fields: string[] = []
  let length: number | undefined
  let isChunked = false
  let connection = ''
  let keptSeconds: number | undefined
  let start = text.indexOf('\r\n') + 2
  while (start < text.length) {
    const colon = text.indexOf(':', start)
    const end = text.indexOf('\r\n', colon)
    const name = text.slice(start, colon)
    const value = trim(text, colon + 1, end)
    switch (answerFields.find(name).kind) {
      case 'plain':
        fields.push(name, value)
        break
      case 'length':
        if (length !== undefined || !/^\d{1,15}$/.test(value)) return undefined
        length = Number(value)
        // RFC 9110 section 8.6: a 204 has no Content-Length.
        if (status !== 204) fields.push(name, value)
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
      default:
    }
    start = end + 2
  }
  if (isChunked && length !== undefined) return undefined
  const hasNone = isBodiless || status === 204 || status === 304
  // If a 204 announces a body, the body could follow, and would be read as the next answer.
  const isMisframed = status === 204 && (isChunked || (length ?? 0) > 0)
  const isKeptAlive = connection === '' || /^keep-alive$/i.test(connection)
  const isClosing = !isKeptAlive && /(^|,)[ \t]*close[ \t]*(,|$)/i.test(connection)
  if (!isKeptAlive && !/^close$/i.test(connection)) {
    fields = dropNominated(fields, connection, kinds)
  }
  return {
    status,
    statusText: line[3] ?? '',
    fields,
    length: hasNone ? 0 : isChunked ? 'chunks' : (length ?? 'rest'),
    isReusable: !isOld && !isClosing && !isMisframed,
    keptSeconds,
  }
}

function readTimeout(value: string): number | undefined {
  const [, seconds] = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}

/** Returns true if a status line can hold a text that `node:http` read. */
export function isStatusText(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text)
}

/**
 * Returns the fields for the client of an answer that `node:http` read, in their order and
 * spelling.
 */
export function listForwardedAnswer(raw: readonly string[]): string[] {
  const fields: string[] = []
  let connection = ''
  for (let index = 0; index < raw.length; index += 2) {
    const [name = '', value = ''] = raw.slice(index, index + 2)
    const { kind } = answerFields.find(name)
    if (kind === 'plain' || kind === 'length') fields.push(name, value)
    else if (kind === 'connection') connection += `,${value}`
  }
  return dropNominated(fields, connection, kinds)
}
