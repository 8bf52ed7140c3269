import { isBytes } from '../bytes.ts'
import { Refusal } from '../verdict.ts'
import { type HeaderReader, readSingle, readText } from './headers.ts'

/** Something read the stream before us and kept no bytes: what, and what its user should do about it. */
export interface BodyConsumed {
  readonly consumedBy: string
  readonly fix: string
}

/** A body as adapters hand it over: raw, unparsed. A stream is read here, under the limit. */
export type RawBody = string | Uint8Array | AsyncIterable<Uint8Array> | BodyConsumed

const encoder = new TextEncoder()

/** The body's bytes, copied, so that nobody can change afterwards what was verified. Only a stream has to be waited for. */
export function readBody(
  body: RawBody | undefined,
  header: HeaderReader,
  maxBytes: number,
): Uint8Array | Refusal | Promise<Uint8Array | Refusal> {
  const encoding = readSingle(header, 'content-encoding')
  if (encoding === 'repeated' || (encoding !== undefined && !/^(identity)?$/i.test(encoding.value.trim())))
    return new Refusal('content_encoding_unsupported')
  if (Number(readText(header, 'content-length') ?? 0) > maxBytes) return new Refusal('body_too_large')
  if (body === undefined || (body as unknown) === null) return new Uint8Array(0)
  if (typeof body === 'string') {
    if (body.length > maxBytes) return new Refusal('body_too_large')
    return limit(encoder.encode(body), maxBytes)
  }
  if (isBytes(body)) return body.length > maxBytes ? new Refusal('body_too_large') : new Uint8Array(body)
  if (typeof body === 'object' && Symbol.asyncIterator in body) return readStream(body, maxBytes)
  return new Refusal('body_already_consumed', describeConsumed(body))
}

function limit(bytes: Uint8Array, maxBytes: number): Uint8Array | Refusal {
  return bytes.length > maxBytes ? new Refusal('body_too_large') : bytes
}

async function readStream(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array | Refusal> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of stream) {
      // Somebody called setEncoding: what was not UTF-8 is lost already, and then the signature will not match.
      const bytes: unknown = typeof chunk === 'string' ? encoder.encode(chunk) : chunk
      if (!isBytes(bytes)) return new Refusal('body_already_consumed', notBytes)
      length += bytes.length
      if (length > maxBytes) return new Refusal('body_too_large')
      chunks.push(bytes)
    }
  } catch {
    return new Refusal('body_malformed', 'The connection ended before the body did.')
  }
  const body = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    body.set(chunk, offset)
    offset += chunk.length
  }
  return body
}

function describeConsumed(body: BodyConsumed): string {
  // A parsed object lands here too, where a caller without types handed one over.
  const { consumedBy, fix } = Object(body) as BodyConsumed
  if (typeof consumedBy === 'string' && typeof fix === 'string') return `Read by: ${consumedBy}. ${fix}`
  return notBytes
}

const notBytes = 'It was handed over neither as bytes nor as text nor as a stream of bytes. Give the raw body.'
