import { encodeUtf8 } from '../../bytes.ts'
import { readOptions } from '../../checks/options.ts'
import { isBytes } from '../../checks/runtime.ts'
import { eventSamples } from './events.sample.ts'
import { formatEvents, type SendGridEvent, type SendGridEventType } from './events.ts'
import { toSpki } from './public-key.ts'
import {
  decodeBase64,
  encodeBase64,
  formatSignature,
  isTimestamp,
  joinMessage,
  signatureHeader,
  timestampHeader,
} from './signature.ts'

/** The input of `signSendGridRequest`. At most one of `events` and `body`. */
export interface SignSendGridRequestInput {
  /**
   * The URL for `toRequest()`. SendGrid does not sign it. Default `'https://example.com/events'`.
   */
  url?: string | undefined
  /** The events of the body. Default: one of each type. */
  events?: readonly unknown[] | undefined
  /**
   * A body of your own, for example a multipart of Inbound Parse. Default: none, `events` are sent.
   */
  body?: string | Uint8Array | undefined
  /** The Content-Type. Default `'application/json'`. */
  contentType?: string | undefined
  /** Headers that are added. Those of the signature cannot be replaced. Default: none. */
  headers?: Readonly<Record<string, string>> | undefined
  /** When the request is signed, in Unix seconds or as a Date. Default: now. */
  timestamp?: number | Date | undefined
  /**
   * A private key of P-256, as PKCS #8 in Base64 or PEM. Default: a key that is generated once per
   * process. `publicKey` of the result verifies it.
   */
  privateKey?: string | undefined
}

/** A request that is signed as SendGrid signs. */
export interface SignedSendGridRequest {
  method: string
  url: string
  /** The names are in lower case. */
  headers: Record<string, string>
  // TypeScript before 5.7 has no `Uint8Array<ArrayBuffer>`.
  body: ReturnType<TextEncoder['encode']>
  /** The public key for the verifier under test, SPKI in Base64. */
  publicKey: string
  /** Returns a web Request. */
  toRequest(): Request
}

/** The input of `signSendGridRequest`. */
export const signSendGridRequestInput = {
  url: { type: 'string', default: 'https://example.com/events' },
  events: { type: 'other' },
  body: { type: 'other' },
  contentType: { type: 'string', default: 'application/json' },
  headers: { type: 'record' },
  timestamp: { type: 'other' },
  privateKey: { type: 'other' },
} as const

/**
 * Signs a request as Twilio SendGrid does, for tests of your handlers.
 * @param input The events or the body to sign. Default: one event of each type, a generated key.
 * @throws TypeError that names the property, for input that SendGrid could not send.
 */
export async function signSendGridRequest(input: SignSendGridRequestInput = {}): Promise<SignedSendGridRequest> {
  const { url, contentType, headers = {} } = readOptions(input, signSendGridRequestInput, 'signSendGridRequest')
  const body = readBody(input)
  const timestamp = readTimestamp(input.timestamp)
  const { publicKey, sign } = await (input.privateKey === undefined ? generateKey() : readPrivateKey(input.privateKey))
  const request: SignedSendGridRequest = {
    method: 'POST',
    url,
    headers: {
      'user-agent': 'SendGrid Event API',
      'content-type': contentType,
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      [signatureHeader]: await sign(joinMessage(timestamp, body)),
      [timestampHeader]: timestamp,
    },
    body,
    publicKey,
    toRequest() {
      return new Request(this.url, { method: this.method, headers: this.headers, body: this.body })
    },
  }
  return request
}

/**
 * Returns realistic events of the Event Webhook.
 * @param types The types of the events, in order. Default: one of each type.
 */
export function sampleSendGridEvents<T extends SendGridEventType = SendGridEventType>(
  types: readonly T[] = Object.keys(eventSamples) as T[],
): SendGridEvent<T>[] {
  return types.map((type) => {
    if (!Object.hasOwn(eventSamples, type)) throw new TypeError(`Unknown type of event "${type}"`)
    return structuredClone(eventSamples[type]) as SendGridEvent<T>
  })
}

/** Makes one event of each type that happened now, with ids of its own. */
export function makeEvents(): readonly SendGridEvent[] {
  return sampleSendGridEvents().map((event) => ({
    ...event,
    sg_event_id: btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(15)))).replace(/[+/]/g, '_'),
    timestamp: Math.floor(Date.now() / 1000),
  }))
}

function readBody({ events, body }: SignSendGridRequestInput): Uint8Array<ArrayBuffer> {
  if (events !== undefined && !Array.isArray(events)) throw new TypeError('"events" must be a list')
  if (body === undefined) return encodeUtf8(formatEvents(events ?? sampleSendGridEvents()))
  if (events !== undefined) throw new TypeError('"events" and "body" exclude each other')
  const bytes = typeof body === 'string' ? encodeUtf8(body) : body
  if (!isBytes(bytes)) throw new TypeError(`"body" must be a string or bytes, got ${typeof body}`)
  return new Uint8Array(bytes)
}

function readTimestamp(given: SignSendGridRequestInput['timestamp'] = new Date()): string {
  const timestamp = String(given instanceof Date ? Math.floor(given.getTime() / 1000) : given)
  if (!isTimestamp(timestamp)) throw new TypeError('"timestamp" must be a Date or Unix seconds of 10 digits')
  return timestamp
}

interface SigningKey {
  readonly publicKey: string
  readonly sign: (message: Uint8Array<ArrayBuffer>) => Promise<string>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
let generated: Promise<SigningKey> | undefined

function generateKey(): Promise<SigningKey> {
  generated ??= crypto.subtle
    .generateKey(algorithm, true, ['sign', 'verify'])
    .then(({ privateKey }) => toSigningKey(privateKey))
  return generated
}

async function readPrivateKey(text: string): Promise<SigningKey> {
  const base64 = String(text)
    .replace(/\\n/g, '')
    .replace(/-----(BEGIN|END) PRIVATE KEY-----|\s/g, '')
  const bytes = decodeBase64(base64)
  const key = bytes && (await crypto.subtle.importKey('pkcs8', bytes, algorithm, true, ['sign']).catch(() => undefined))
  if (key === undefined)
    throw new TypeError(
      '"privateKey" must be a private key of P-256, as PKCS #8 ("BEGIN PRIVATE KEY") in Base64 or PEM',
    )
  return toSigningKey(key)
}

async function toSigningKey(privateKey: CryptoKey): Promise<SigningKey> {
  const { x, y } = await crypto.subtle.exportKey('jwk', privateKey)
  return {
    publicKey: encodeBase64(toSpki(decodeCoordinate(x), decodeCoordinate(y))),
    sign: async (message) => formatSignature(new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, message))),
  }
}

/** A JWK has its numbers as Base64 for URLs, 32 bytes without padding. */
function decodeCoordinate(coordinate = ''): Uint8Array {
  return decodeBase64(`${coordinate.replaceAll('-', '+').replaceAll('_', '/')}=`) as Uint8Array
}
