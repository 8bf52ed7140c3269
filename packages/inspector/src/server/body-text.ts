import type { CapturedBody } from '../shared/capture.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Converts bytes to the form that a capture stores. */
export function captureBody(bytes: Uint8Array, truncated = false): CapturedBody {
  const cutOff = truncated ? { bodyTruncated: true } : {}
  if (bytes.length === 0) return cutOff
  try {
    return { body: utf8.decode(bytes), ...cutOff }
  } catch {
    return { bodyBase64: Buffer.from(bytes).toString('base64'), ...cutOff }
  }
}

/** Returns the bytes that a capture stores. */
export function readBody({ body, bodyBase64 }: CapturedBody): Buffer {
  return bodyBase64 === undefined ? Buffer.from(body ?? '', 'utf8') : Buffer.from(bodyBase64, 'base64')
}
