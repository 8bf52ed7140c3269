import type { IncomingMessage, ServerResponse } from 'node:http'

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Headers of every answer. They forbid other origins, inline code, caching and framing. */
export const safeHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
}

export function sendText(res: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  sendBytes(res, status, Buffer.from(text), type)
}

export function sendBytes(res: ServerResponse, status: number, bytes: Uint8Array, type: string): void {
  res.writeHead(status, { ...safeHeaders, 'content-type': type, 'content-length': bytes.length })
  res.end(bytes)
}

/** A handler throws this to answer with this status and message. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const maxBodyBytes = 64 * 1_048_576

/**
 * Reads a body of at most 64 MiB. The content type must be application/json, which a form of
 * another site cannot send.
 */
export async function readFile(req: IncomingMessage): Promise<Uint8Array> {
  if (!/^application\/json\b/i.test(req.headers['content-type'] ?? ''))
    throw new HttpError(415, 'The body must be application/json.')
  const body = await readBytes(req, maxBodyBytes)
  if (body === undefined) throw new HttpError(413, 'The body is larger than 64 MiB.')
  return body
}

/** Reads a JSON body, with the same limits. */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  const body = await readFile(req)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new HttpError(400, 'The body is not JSON.')
  }
}

/**
 * Reads the body of a request; `undefined` if it is larger than the limit. It can be answered then.
 */
export async function readBytes(req: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
