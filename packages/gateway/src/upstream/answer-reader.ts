import { type AnswerHead, parseAnswerHead } from './answer-head.ts'

/** Receives the parts of an answer. */
export interface AnswerSink {
  onHead(head: AnswerHead): void
  /**
   * Called once for all bytes of the body that one read brought, and not if they end in a fault.
   * @param bytes valid only during the call, because their memory is reused
   */
  onData(bytes: Buffer): void
}

/** The state after a read. `'excess'`: the answer is complete, and more bytes followed it. */
export type Reading = 'more' | 'done' | 'excess' | 'fault'

/** The limit for the head of an answer, together with its interim answers. */
export const maxHeadBytes = 16 * 1024

/** The limit for extensions and trailers together, and for a line. They are dropped. */
const maxAside = 16 * 1024

const token = "[\\w!#$%&'*+\\-.^`|~]+"

/**
 * The size of a chunk and its extensions. An extension with a quoted value is a fault, because no
 * server sends one. 16^11 bytes is far more than any answer, and less than
 * `Number.MAX_SAFE_INTEGER`.
 */
const sizeLine = new RegExp(`^([0-9a-f]{1,11})((?:;${token}(?:=(?:${token})?)?)*)\\r\\n$`, 'i')

const trailerLine = new RegExp(`^${token}:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n$`)

const none: Buffer = Buffer.alloc(0)

/** Work that pauses while it waits for more bytes. */
type Steps<T> = Generator<undefined, T, undefined>

/** Reads one answer from the bytes of a connection, in pieces of any size. */
export class AnswerReader {
  readonly #sink: AnswerSink
  readonly #isBodiless: boolean
  readonly #steps = this.#readAnswer()
  /** The bytes that were not read yet. */
  #bytes = none
  /** The parts of the body in the last bytes. With tiny chunks there are many. */
  #parts: Buffer[] = []
  /** The head, once it was read. */
  head: AnswerHead | undefined

  /** @param isBodiless true if the request was HEAD */
  constructor(isBodiless: boolean, sink: AnswerSink) {
    this.#isBodiless = isBodiless
    this.#sink = sink
  }

  /** Reads the next bytes. */
  read(bytes: Buffer): Reading {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    const { done, value: isComplete } = this.#steps.next()
    const parts = this.#parts
    const [first] = parts
    if (first !== undefined && (!done || isComplete)) {
      this.#parts = []
      this.#sink.onData(parts.length === 1 ? first : Buffer.concat(parts))
    }
    if (done) return !isComplete ? 'fault' : this.#bytes.length > 0 ? 'excess' : 'done'
    // Copied, because the memory is reused.
    this.#bytes = Buffer.from(this.#bytes)
    return 'more'
  }

  /** @returns true if the answer is complete, and false for a fault */
  *#readAnswer(): Steps<boolean> {
    const head = yield* this.#readHead()
    if (head === undefined) return false
    this.head = head
    this.#sink.onHead(head)
    if (head.length === 'chunks') return yield* this.#readChunks()
    yield* this.#pass(head.length === 'rest' ? Number.POSITIVE_INFINITY : head.length)
    return true
  }

  /** Reads the head. Interim answers are for the connection to the upstream only. */
  *#readHead(): Steps<AnswerHead | undefined> {
    for (let left = maxHeadBytes; ; ) {
      const text = yield* this.#readTo(emptyLine, left, canBegin)
      const head = parseAnswerHead(text, this.#isBodiless)
      // The gateway asked for no other protocol.
      if (head === undefined || head.status === 101) return undefined
      if (head.status >= 200) return head
      // Some servers and proxies read nothing after such an answer.
      if (!head.isReusable) return undefined
      left -= text.length
    }
  }

  /**
   * Reads chunks (RFC 9112 section 7.1) and drops their extensions and trailers. Any deviation from
   * the grammar is a fault.
   */
  *#readChunks(): Steps<boolean> {
    let aside = 0
    for (let size = 1; size > 0; ) {
      const [, digits, extensions = ''] = sizeLine.exec(yield* this.#readTo(lf, maxAside)) ?? []
      aside += extensions.length
      if (digits === undefined || aside > maxAside) return false
      size = Number.parseInt(digits, 16)
      yield* this.#pass(size)
      if (size > 0 && (yield* this.#readTo(lf, maxAside)) !== '\r\n') return false
    }
    for (;;) {
      const line = yield* this.#readTo(lf, maxAside)
      if (line === '\r\n') return true
      aside += line.length
      if (!trailerLine.test(line) || aside > maxAside) return false
    }
  }

  /** Collects the next bytes of the body. */
  *#pass(length: number): Steps<void> {
    for (let left = length; left > 0; ) {
      const bytes = this.#bytes
      const isMore = bytes.length > left
      const part = isMore ? bytes.subarray(0, left) : bytes
      this.#bytes = isMore ? bytes.subarray(left) : none
      left -= part.length
      if (part.length > 0) this.#parts.push(part)
      if (left > 0) yield
    }
  }

  /**
   * Reads text up to the end of a mark.
   * @param canBegin returns false if bytes without the mark cannot be its beginning
   * @returns the text as Latin-1. Empty if it is longer than the limit, or cannot be right.
   */
  *#readTo(mark: Buffer, limit: number, canBegin?: (bytes: Buffer) => boolean): Steps<string> {
    for (;;) {
      const bytes = this.#bytes
      const at = bytes.indexOf(mark)
      const end = at === -1 ? bytes.length : at + mark.length
      if (end > limit || (at === -1 && canBegin?.(bytes) === false)) return ''
      if (at !== -1) {
        this.#bytes = bytes.subarray(end)
        return bytes.toString('latin1', 0, end)
      }
      yield
    }
  }
}

const emptyLine = Buffer.from('\r\n\r\n')
const lf = Buffer.from('\n')
const version = Buffer.from('HTTP/1.')

/**
 * Returns true if bytes without an empty line can be the beginning of a head. With bare line feeds,
 * the head would never end.
 */
function canBegin(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, version.length)
  return bytes.compare(version, 0, length, 0, length) === 0 && !/(?<!\r)\n/.test(bytes.toString('latin1'))
}
