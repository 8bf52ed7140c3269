import { type AnswerHead, parseAnswerHead } from './answer-head.ts'
import { ChunkReader } from './chunk-reader.ts'

/** Receives the parts of an answer. */
export interface AnswerSink {
  onHead(head: AnswerHead): void
  /** @param bytes valid only during the call, because their memory is reused */
  onData(bytes: Buffer): void
}

/** The state after a read. `'excess'`: the answer is complete, and more bytes followed it. */
export type Reading = 'more' | 'done' | 'excess' | 'fault'

/** The limit for the head of an answer, together with its interim answers. */
const maxHeadBytes = 16 * 1024

/** Reads one answer from the bytes of a connection, in pieces of any size. */
export class AnswerReader {
  readonly #sink: AnswerSink
  readonly #isBodiless: boolean
  #state: 'head' | 'length' | 'chunks' | 'rest' | 'done' | 'fault' = 'head'
  /** The bytes of an incomplete head. */
  #begun: Buffer | undefined
  #headBytes = 0
  #left = 0
  #chunks: ChunkReader | undefined

  /** @param isBodiless true if the request was HEAD */
  constructor(isBodiless: boolean, sink: AnswerSink) {
    this.#isBodiless = isBodiless
    this.#sink = sink
  }

  /** Reads the next bytes. */
  read(bytes: Buffer): Reading {
    let rest = bytes
    if (this.#state === 'head') {
      const after = this.#readHeads(rest)
      if (after === undefined) return this.#isFaulty ? 'fault' : 'more'
      rest = after
    }
    return this.#readBody(rest)
  }

  /** Ends the answer when the connection ends. */
  end(): 'done' | 'fault' {
    return this.#state === 'done' || this.#state === 'rest' ? 'done' : 'fault'
  }

  /** @returns the bytes after the final head, or `undefined` if the head is incomplete or faulty */
  #readHeads(bytes: Buffer): Buffer | undefined {
    let rest = this.#begun === undefined ? bytes : Buffer.concat([this.#begun, bytes])
    for (;;) {
      const end = rest.indexOf(emptyLine)
      if (end === -1 ? this.#headBytes + rest.length > maxHeadBytes : this.#headBytes + end > maxHeadBytes)
        return this.#fail()
      if (end === -1) {
        if (!canBegin(rest)) return this.#fail()
        // Copied, because the memory is reused.
        this.#begun = Buffer.from(rest)
        return undefined
      }
      const head = parseAnswerHead(rest.toString('latin1', 0, end + 2), this.#isBodiless)
      // The gateway asked for no other protocol.
      if (head === undefined || head.status === 101) return this.#fail()
      rest = rest.subarray(end + 4)
      if (head.status >= 200) {
        this.#begun = undefined
        this.#begin(head)
        return rest
      }
      // Interim answers are for the connection to the upstream only.
      this.#headBytes += end + 4
    }
  }

  #begin(head: AnswerHead): void {
    if (head.length === 'chunks') {
      this.#chunks = new ChunkReader()
      this.#state = 'chunks'
    } else if (head.length === 'rest') this.#state = 'rest'
    else {
      this.#left = head.length
      this.#state = head.length === 0 ? 'done' : 'length'
    }
    this.#sink.onHead(head)
  }

  #readBody(bytes: Buffer): Reading {
    if (this.#state === 'length') {
      const end = Math.min(bytes.length, this.#left)
      this.#left -= end
      if (this.#left === 0) this.#state = 'done'
      if (end > 0) this.#sink.onData(end === bytes.length ? bytes : bytes.subarray(0, end))
      if (this.#left > 0) return 'more'
      return end < bytes.length ? 'excess' : 'done'
    }
    if (this.#state === 'rest') {
      if (bytes.length > 0) this.#sink.onData(bytes)
      return 'more'
    }
    if (this.#state === 'chunks') {
      const chunks = this.#chunks as ChunkReader
      const end = chunks.read(bytes, (data) => this.#sink.onData(data))
      if (chunks.isFaulty) return this.#fail() ?? 'fault'
      if (!chunks.isDone) return 'more'
      this.#state = 'done'
      return end < bytes.length ? 'excess' : 'done'
    }
    if (this.#state === 'fault') return 'fault'
    return bytes.length > 0 ? 'excess' : 'done'
  }

  get #isFaulty(): boolean {
    return this.#state === 'fault'
  }

  #fail(): undefined {
    this.#state = 'fault'
    this.#begun = undefined
  }
}

const emptyLine = Buffer.from('\r\n\r\n')
const version = Buffer.from('HTTP/1.')

/**
 * Returns true if bytes without an empty line can be the beginning of a head. With bare line feeds,
 * the head would never end.
 */
function canBegin(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, version.length)
  return bytes.compare(version, 0, length, 0, length) === 0 && !/(?<!\r)\n/.test(bytes.toString('latin1'))
}
