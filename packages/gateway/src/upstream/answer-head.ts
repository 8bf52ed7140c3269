import { dropNominated, hopFields, isPlainConnection, remember } from '../fields.ts'

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
  ...hopFields.map((name) => [name, 'hop'] as const),
  ['content-length', 'length'],
  ['transfer-encoding', 'coding'],
  ['connection', 'connection'],
  ['keep-alive', 'keep-alive'],
  ['upgrade', 'hop'],
])

const findKind = remember(500, (name): Kind => kinds.get(name.toLowerCase()) ?? 'plain')

/** No control characters, and no NUL. */
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/

/**
 * A field, without the white space around its value. No control characters, no NUL, no bare CR or
 * LF, and no folded lines, which begin with a space. The negative look-ahead keeps it linear.
 */
const fieldLine =
  /([\w!#$%&'*+\-.^`|~]+):[\t ]*(?![\t ])((?:[\x21-\x7e\x80-\xff]+(?:[\t ]+[\x21-\x7e\x80-\xff]+)*)?)[\t ]*\r\n/y

const emptyLine = '\r\n'

let lastText = ''
let lastHead: AnswerHead | undefined

/**
 * Parses the head of an answer. The last result is cached, because answers of the same second often
 * have the same head.
 * @param text the status line and the fields, with the empty line, as Latin-1
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
  const [line, minor, digits, statusText = ''] = statusLine.exec(text) ?? []
  if (line === undefined) return undefined
  const status = Number(digits)
  const isOld = minor === '0'
  const raw: string[] = []
  fieldLine.lastIndex = line.length
  while (fieldLine.lastIndex < text.length - emptyLine.length) {
    const field = fieldLine.exec(text)
    if (field === null) return undefined
    raw.push(field[1] as string, field[2] as string)
  }
  const { fields, lengths, codings, connection, keepAlive } = sortAnswerFields(raw, status)
  if (lengths.length + codings.length > 1) return undefined
  if (lengths.some((value) => !/^\d{1,15}$/.test(value))) return undefined
  if (codings.some((value) => isOld || value.toLowerCase() !== 'chunked')) return undefined
  const isChunked = codings.length > 0
  const length = lengths[0] === undefined ? undefined : Number(lengths[0])
  const hasNone = isBodiless || status === 204 || status === 304
  // If a 204 announces a body, the body could follow, and would be read as the next answer.
  const isMisframed = status === 204 && (isChunked || (length ?? 0) > 0)
  const isClosing = /,[ \t]*close[ \t]*(,|$)/i.test(connection)
  return {
    status,
    statusText,
    fields,
    length: hasNone ? 0 : isChunked ? 'chunks' : (length ?? 'rest'),
    isReusable: !isOld && !isClosing && !isMisframed,
    keptSeconds: readTimeout(keepAlive),
  }
}

function readTimeout(value: string): number | undefined {
  const [, seconds] = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}

/** Sorts the fields of an answer. Those for the client keep their order and spelling. */
export function sortAnswerFields(raw: readonly string[], status: number) {
  const fields: string[] = []
  const lengths: string[] = []
  const codings: string[] = []
  let connection = ''
  let keepAlive = ''
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string
    const value = raw[index + 1] as string
    const kind = findKind(name)
    // RFC 9110 section 8.6: an interim answer, a 101 and a 204 have no Content-Length.
    if (kind === 'plain' || (kind === 'length' && status >= 200 && status !== 204)) fields.push(name, value)
    if (kind === 'length') lengths.push(value)
    else if (kind === 'coding') codings.push(value)
    else if (kind === 'connection') connection += `,${value}`
    else if (kind === 'keep-alive') keepAlive = value
  }
  const forwarded = isPlainConnection(connection) ? fields : dropNominated(fields, connection, kinds)
  return { fields: forwarded, lengths, codings, connection, keepAlive }
}
