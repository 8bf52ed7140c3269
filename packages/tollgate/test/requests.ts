import { createHash, createHmac } from 'node:crypto'
import { createVerifier, type IncomingRequest, type VerifierOptions } from '../src/index.ts'

// Invented values in Twilio's formats.
export const authToken = '0123456789abcdef0123456789abcdef'
export const otherToken = 'fedcba9876543210fedcba9876543210'
export const accountSid = `AC${'0a'.repeat(16)}`
export const otherSid = `AC${'1b'.repeat(16)}`
export const origin = 'https://api.example.com'
export const options: VerifierOptions = { publicUrl: origin, authToken }

/**
 * Verifies a request, and answers with what its signature covers or with the code of its rejection.
 */
export async function outcome(request: unknown, given: Partial<VerifierOptions> = {}): Promise<string> {
  const verdict = await createVerifier({ ...options, ...given }).verify(request as IncomingRequest)
  return verdict.ok ? verdict.covers : verdict.code
}

/** Signs a text with the standard library, independently of the code under test. */
export function sign(text: string, secret: string = authToken, hash: 'sha1' | 'sha256' = 'sha1'): string {
  return createHmac(hash, secret).update(text, 'utf8').digest('base64')
}

/**
 * Joins parameters by Twilio's rule, naively: sorts all distinct pairs by name and then by value.
 */
export function naiveJoin(pairs: readonly (readonly [string, string])[]): string {
  const distinct = [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()]
  const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
  return distinct
    .sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]))
    .map(([name, value]) => name + value)
    .join('')
}

export function sha256(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex')
}

export const formType = 'application/x-www-form-urlencoded'

/** Parts of a request that a test sets. */
interface Given {
  target?: string
  secret?: string
  signature?: string
  headers?: Record<string, string | string[] | undefined>
}

/** Returns a form POST. It is signed unless a signature is given. */
export function formRequest(
  params: readonly (readonly [string, string])[],
  { target = '/sms', secret = authToken, signature, headers }: Given = {},
): IncomingRequest {
  return {
    method: 'POST',
    url: target,
    headers: {
      host: 'api.example.com',
      'content-type': formType,
      'x-twilio-signature': signature ?? sign(origin + target + naiveJoin(params), secret),
      ...headers,
    },
    body: new URLSearchParams(params as [string, string][]).toString(),
  }
}

export const params: [string, string][] = [
  ['From', '+15551230000'],
  ['Body', ' Hi there '],
]

export const genuine = formRequest(params)

export const forged = formRequest(params, { secret: 'another-token' })

export function withHeaders(request: IncomingRequest, headers: Record<string, unknown>): IncomingRequest {
  return { ...request, headers: { ...(request.headers as object), ...headers } as IncomingRequest['headers'] }
}

/** A POST whose signature covers only the URL. */
export function urlSigned(
  target: string,
  rest: Partial<IncomingRequest>,
  headers: Record<string, string> = {},
): IncomingRequest {
  return {
    method: 'POST',
    url: target,
    headers: { host: 'api.example.com', 'x-twilio-signature': sign(origin + target), ...headers },
    ...rest,
  }
}

export function jsonRequest(
  body: string,
  { target = '/events', secret = authToken, headers }: Given = {},
): IncomingRequest {
  const url = `${target}${target.includes('?') ? '&' : '?'}bodySHA256=${sha256(body)}`
  return {
    method: 'POST',
    url,
    headers: {
      host: 'api.example.com',
      'content-type': 'application/json',
      'x-twilio-signature': sign(origin + url, secret),
      ...headers,
    },
    body,
  }
}

export function getRequest({ target = '/voice?a=1', secret = authToken, headers }: Given = {}): IncomingRequest {
  return {
    method: 'GET',
    url: target,
    headers: { host: 'api.example.com', 'x-twilio-signature': sign(origin + target, secret), ...headers },
  }
}

/** Returns a WebSocket handshake with the signature of the text `signed`. */
export function handshakeRequest(
  target: string,
  signed: string,
  { secret = authToken, headers }: Given = {},
): IncomingRequest {
  return {
    handshake: true,
    method: 'GET',
    url: target,
    headers: {
      host: 'api.example.com',
      connection: 'keep-alive, Upgrade',
      upgrade: 'websocket',
      'x-twilio-signature': sign(signed, secret),
      ...headers,
    },
  }
}
