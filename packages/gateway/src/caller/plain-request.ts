import { addField, createVerifiedFields, type RequestHead, requestFields, type VerifiedName } from '../request-head.ts'

/** A request that came whole, in one read, and in the plain shape in which Twilio and load balancers send theirs. */
export interface PlainRequest {
  readonly method: string
  readonly target: string
  readonly head: RequestHead
  /** All header lines. */
  readonly rawLines: string
  readonly body: Buffer
  /** Whether the connection may be used again afterwards. */
  readonly mayStay: boolean
}

const emptyLine = Buffer.from('\r\n\r\n')

/** Well below what `node:http` takes. */
const maxHeadBytes = 8 * 1024

/**
 * Nothing in it can be read in two ways: one space where one may be, visible ASCII at both ends of every value, and CRLF at every
 * line's end.
 */
const plain = /^(?:GET|POST) \/[!"$-~]* HTTP\/1\.1\r\n(?:[\w!#$%&'*+\-.^`|~]+: [!-~](?:[ -~]*[!-~])?\r\n)+$/

/**
 * Recognises a plain request. `undefined` says nothing about the bytes but that they are for `node:http` to read: whatever is accepted
 * here, it reads alike.
 */
export function readPlainRequest(bytes: Buffer): PlainRequest | undefined {
  const headEnd = bytes.indexOf(emptyLine) + 2
  if (headEnd < 2 || headEnd > maxHeadBytes) return undefined
  const text = bytes.toString('latin1', 0, headEnd)
  if (!plain.test(text)) return undefined
  const verified = createVerifiedFields()
  let lines = ''
  let mayStay = true
  const linesStart = text.indexOf('\r\n') + 2
  /** Where the lines begin that are passed on together. */
  let kept = linesStart
  let name = requestFields.start
  for (let start = linesStart; start < headEnd; ) {
    name = requestFields.read(text, start, name)
    const { kind, lower, spelled } = name
    const colon = start + spelled.length - 1
    const end = text.indexOf('\r\n', colon)
    switch (kind) {
      case 'plain':
        break
      case 'host':
      case 'length':
      case 'verified':
        addField(verified, lower as VerifiedName, text.slice(colon + 2, end))
        break
      case 'connection':
      case 'hop':
      case 'ours':
        lines += text.slice(kept, start)
        kept = end + 2
        if (kind !== 'connection') break
        if (verified.connection !== undefined) return undefined
        verified.connection = text.slice(colon + 2, end)
        if (/^close$/i.test(verified.connection)) mayStay = false
        else if (!/^keep-alive$/i.test(verified.connection)) return undefined
        break
      // Whatever changes what bytes mean.
      default:
        return undefined
    }
    start = end + 2
  }
  const { host } = verified
  const body = bytes.subarray(headEnd + 2)
  const isPost = text.startsWith('P')
  const length = verified['content-length'] ?? (isPost ? undefined : '0')
  // Nothing is missing, and nothing follows.
  if (typeof host !== 'string' || length !== String(body.length)) return undefined
  return {
    method: isPost ? 'POST' : 'GET',
    target: text.slice(isPost ? 5 : 4, linesStart - 11),
    head: {
      fault: undefined,
      host,
      verified,
      lines: lines + text.slice(kept),
      bodyLength: body.length,
      expectsContinue: false,
    },
    rawLines: text.slice(linesStart),
    body,
    mayStay,
  }
}
