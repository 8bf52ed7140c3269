import { FieldNames } from '../field-names.ts'
import { dropNominated, trim } from '../fields.ts'

/** The head of an upstream's answer, read strictly: what two readers could take for two messages is no head. */
export interface AnswerHead {
  readonly status: number
  readonly statusText: string
  /** For the client: without the fields that concern the connection. */
  readonly fields: readonly string[]
  /** Bytes of the body. `'chunks'`: they tell their length themselves; `'rest'`: all that comes until the upstream closes. */
  readonly length: number | 'chunks' | 'rest'
  /** Whether another request may follow on the connection. */
  readonly isReusable: boolean
  /** Seconds for which the upstream says that it keeps an idle connection. */
  readonly keptSeconds: number | undefined
}

type Kind = 'plain' | 'hop' | 'length' | 'coding' | 'connection' | 'keep-alive'

// RFC 9110 section 7.6.1. The gateway writes those of the connection to the client itself.
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

/** No control characters, no CR or LF alone, no NUL, no folded line: its name would begin with a space. */
const strict =
  /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n(?:[\w!#$%&'*+\-.^`|~]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/

let lastText = ''
let lastHead: AnswerHead | undefined

/**
 * Answers of the same second often differ in their bodies only: a head that is the last one again is not parsed again.
 * @param text Latin-1, from the status line to the end of the last field's line, without the empty line
 * @param isBodiless the answer to HEAD, which has no body whatever it says
 * @returns `undefined` where it could be read in two ways, or not at all
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
        // RFC 9110 section 8.6: it must not be there.
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
  // A body where there must be none may still come, and would be taken for the next answer.
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
