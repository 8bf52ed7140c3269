import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { hasMethod } from '../checks/options.ts'
import { isBytes } from '../checks/runtime.ts'
import { addCause, isRejected, type Rejected, reject } from '../verdict.ts'
import { type HeaderReader, readSingle } from './head.ts'
import type { BodyConsumed, PushedBody, RawBody } from './types.ts'

/** Reads the bytes of a body into a copy, so that no other code can change them afterwards. */
export async function readBody(...source: Parameters<typeof borrowBody>): Promise<Uint8Array | Rejected> {
  const borrowed = borrowBody(...source)
  return copyBytes(borrowed instanceof Promise ? await borrowed : borrowed)
}

function copyBytes(read: Uint8Array | Rejected): Uint8Array | Rejected {
  return isRejected(read) ? read : new Uint8Array(read)
}

/**
 * Reads the bytes of a body. They may belong to the caller, so copy or decode them before other
 * code can run. Only a stream gives a promise.
 */
export function borrowBody(
  body: RawBody | undefined,
  header: HeaderReader,
  maxBytes: number,
): Uint8Array | Rejected | Promise<Uint8Array | Rejected> {
  const encoding = readSingle(header, 'content-encoding')
  if (encoding === null || !/^(identity)?$/i.test(encoding?.trim() ?? '')) return reject('content_encoding_unsupported')
  if (Number(readSingle(header, 'content-length') ?? 0) > maxBytes) return reject('body_too_large')
  if (body === undefined || (body as unknown) === null) return new Uint8Array(0)
  if (typeof body === 'string') {
    if (body.length > maxBytes) return reject('body_too_large')
    return limit(encodeUtf8(body), maxBytes)
  }
  if (isBytes(body)) return limit(body, maxBytes)
  if (Symbol.asyncIterator in Object(body)) return readStream(body as AsyncIterable<Uint8Array>, maxBytes)
  if (hasMethod(body, 'listen')) return readPushed(body as PushedBody, maxBytes)
  return rejectConsumed(body as BodyConsumed)
}

function limit(bytes: Uint8Array, maxBytes: number): Uint8Array | Rejected {
  return bytes.length > maxBytes ? reject('body_too_large') : bytes
}

async function readStream(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array | Rejected> {
  const collected = new Collected(maxBytes)
  try {
    for await (const chunk of stream) {
      const rejection = collected.add(chunk)
      if (rejection !== undefined) return rejection
    }
  } catch (error) {
    // Some streams find out only while they are read that their bytes are lost.
    const { consumedBy, status } = Object(error) as { readonly consumedBy?: unknown; readonly status?: unknown }
    if (consumedBy !== undefined) return rejectConsumed(error as BodyConsumed)
    return status === 413 ? reject('server_limit') : reject('body_unfinished')
  }
  return collected.join()
}

function readPushed(body: PushedBody, maxBytes: number): Promise<Uint8Array | Rejected> {
  return new Promise((resolve) => {
    const collected = new Collected(maxBytes)
    let stop: (() => void) | undefined
    const onChunk = (chunk: Uint8Array): void => {
      const rejection = collected.add(chunk)
      if (rejection === undefined) return
      stop?.()
      resolve(rejection)
    }
    stop = body.listen(onChunk, (isWhole) => resolve(isWhole ? collected.join() : reject('body_unfinished')))
  })
}

/** The rejections that a body can cause which is not as it was sent. */
const causedByLoss: ReadonlySet<string> = new Set(['body_malformed', 'body_hash_mismatch', 'signature_mismatch'])

/**
 * Replaces a rejection if the body is shorter than its Content-Length. Servers pass whole bodies
 * only, so something before the verifier cut it or wrote it again: the sender has not forged it.
 */
export function explainLoss(rejection: Rejected, body: Uint8Array, header: HeaderReader): Rejected {
  const declared = Number(readSingle(header, 'content-length') ?? 0)
  if (!(body.length < declared) || !causedByLoss.has(rejection.code)) return rejection
  const detail = `Content-Length is ${declared}, and the verifier got ${body.length} bytes.`
  return reject('body_cut', detail, rejection.tried)
}

/** Collects the chunks of a body, up to the limit. */
class Collected {
  readonly #maxBytes: number
  /**
   * The first chunk itself, which usually is the whole body. From the second chunk on, a buffer of
   * our own.
   */
  #bytes: Uint8Array = new Uint8Array(0)
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Adds a chunk. Returns a rejection if it is not bytes, or too much. */
  add(chunk: unknown): Rejected | undefined {
    // The application called setEncoding. Bytes that are not UTF-8 are lost already, and the
    // signature will not match.
    const bytes = typeof chunk === 'string' ? encodeUtf8(chunk) : chunk
    if (!isBytes(bytes)) return reject('body_not_bytes')
    const length = this.#length + bytes.length
    if (length > this.#maxBytes) return reject('body_too_large')
    if (this.#length === 0) this.#bytes = bytes
    else this.#append(bytes, length)
    this.#length = length
    return undefined
  }

  /**
   * A list of chunks would take a hundred times the memory if a sender makes each chunk one byte.
   * The buffer grows in few large steps, because two copies of a large body exist during a step.
   * Pages that nothing has written to take no memory. Most bodies are small and have two chunks.
   */
  #append(bytes: Uint8Array, length: number): void {
    if (length > this.#bytes.length) {
      const room = new Uint8Array(Math.min((length < 16_384 ? 2 : 8) * length, this.#maxBytes))
      room.set(this.#bytes)
      this.#bytes = room
    }
    this.#bytes.set(bytes, this.#length)
  }

  join(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length)
  }
}

/** Returns the method `json` of a verdict. */
export function toJsonParser(body: () => Uint8Array): () => unknown {
  return () => {
    const text = decodeUtf8(body())
    if (text === undefined) throw new SyntaxError('The body is not UTF-8, and so not JSON')
    return JSON.parse(text)
  }
}

function rejectConsumed(body: BodyConsumed): Rejected {
  // A caller without types may pass a parsed object, whose texts the sender chose.
  const { consumedBy, fix, isParser } = Object(body) as BodyConsumed
  const isText = typeof consumedBy === 'string' && typeof fix === 'string'
  return isText && /^\P{Cc}*$/u.test(consumedBy + fix)
    ? addCause(reject('body_parsed', `Read by: ${consumedBy}. ${fix}`), { consumedBy, fix, isParser })
    : reject('body_not_bytes')
}

/** Returns what read the body before the verifier, if a rejection is about that. */
export function findConsumed({ reason, cause }: Rejected): BodyConsumed | undefined {
  return reason === 'body_parsed' ? (cause as BodyConsumed) : undefined
}
