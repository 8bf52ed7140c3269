import { type Algorithm, defaultAlgorithm, findAlgorithm } from '../schemes/twilio/sign/algorithms.ts'
import { isCanonicalSignature, isSignature, parseSignatureSettings } from '../schemes/twilio/sign/signature.ts'
import { isRejected, type Rejected, reject } from '../verdict.ts'
import type { HeaderSource, IncomingRequest } from './types.ts'

/** The method and the headers of a request. */
export interface Head {
  readonly method: string
  readonly header: HeaderReader
  /**
   * True if the server opens a WebSocket for the request. Twilio signs its URL with the scheme wss.
   */
  readonly handshake: boolean
}

/**
 * Upgrade headers alone do not make a handshake: an ordinary handler gets them too, and anyone can
 * send them.
 */
export function readHead({ method, handshake }: Partial<IncomingRequest>, header: HeaderReader): Head {
  return { method: typeof method === 'string' ? method : '', header, handshake: handshake === true }
}

function checkMethod({ method, header, handshake }: Head, methods: ReadonlySet<string>): Rejected | undefined {
  if (!handshake) return methods.has(method) ? undefined : reject('method_not_allowed', '"methods" does not list it.')
  if (!asksForWebSocket(method, header))
    return reject('method_not_allowed', 'The request does not ask for a WebSocket.')
  // The bytes of a handshake's body could be read as the first bytes of the stream.
  const isEmpty = listTexts(header('content-length')).every((length) => length === '0')
  return isEmpty && header('transfer-encoding').length === 0 ? undefined : reject('body_unsigned')
}

function asksForWebSocket(method: string, header: HeaderReader): boolean {
  // RFC 8441: over HTTP/2 a handshake is a CONNECT with the pseudo-header :protocol. HTTP/1.1
  // cannot carry that header.
  if (method === 'CONNECT') return readSingle(header, ':protocol')?.toLowerCase() === 'websocket'
  if (method !== 'GET' || readSingle(header, 'upgrade')?.trim().toLowerCase() !== 'websocket') return false
  return /(^|,)\s*upgrade\s*(,|$)/i.test(listTexts(header('connection')).join())
}

/** The signature of a request and the key that it names. Both are claims until an HMAC matches. */
export interface SignatureClaim {
  readonly signature: string
  /** The algorithm that the headers name. `undefined` if they name a key only. */
  readonly algorithm: Algorithm | undefined
  /** The SharedKey that the headers name. `undefined` if an Auth Token signed. */
  readonly sharedKeyId: string | undefined
}

interface SignatureRules {
  readonly methods: ReadonlySet<string>
  readonly sharedKeysOnly: boolean
}

/** Checks the method and reads the signature headers. */
export function readSignatureClaim(head: Head, rules: SignatureRules): SignatureClaim | Rejected {
  const { header, handshake } = head
  const rejection = checkMethod(head, rules.methods)
  if (rejection !== undefined) return rejection
  const signature = readSingle(header, 'x-twilio-signature')
  if (signature === undefined) return reject('signature_missing')
  if (signature === null || !isSignature(signature)) return reject('signature_malformed')

  const named = readKeyClaim(header)
  if (isRejected(named)) return named
  const { algorithm, sharedKeyId } = named
  // No handshake with a settings header has been seen. A rejection here would refuse every stream.
  if (rules.sharedKeysOnly && sharedKeyId === undefined && !handshake) return reject('key_not_allowed')
  // A SharedKey uses the algorithm of Auth Tokens only if the configuration says so.
  if (algorithm !== undefined && !isCanonicalSignature(signature, algorithm.bytes))
    return reject(sharedKeyId && algorithm === defaultAlgorithm ? 'algorithm_unsupported' : 'signature_malformed')
  return { signature, ...named }
}

// The public beta sends the settings header, the private beta only the SID of the key.
// https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
function readKeyClaim(header: HeaderReader): Omit<SignatureClaim, 'signature'> | Rejected {
  const settings = readSingle(header, 'x-twilio-webhooks-signature-settings')
  const keySid = readSingle(header, 'x-twilio-signature-key-sid')
  if (settings === undefined && keySid === undefined) return { algorithm: defaultAlgorithm, sharedKeyId: undefined }
  const parsed = parseSignatureSettings(settings ?? `key=${keySid},algorithm=none`)
  if (parsed === undefined || keySid === null || settings === null || (keySid ?? parsed.keyId) !== parsed.keyId)
    return reject('signature_settings_malformed')
  const algorithm = findAlgorithm(parsed.algorithm)
  if (settings !== undefined && algorithm === undefined) return reject('algorithm_unsupported')
  return { algorithm, sharedKeyId: parsed.keyId }
}

/**
 * Reads the values of a header by its lower-case name: several if it was repeated or spelled in two
 * letter cases.
 */
export type HeaderReader = (name: string) => readonly unknown[]

const none: readonly unknown[] = []

/** Creates a reader of headers. */
export function readHeaders(headers: HeaderSource | undefined): HeaderReader {
  if (typeof headers !== 'object' || headers === null) return () => none
  if (headers instanceof Map) return readEntries(headers)
  if (typeof headers.get === 'function') {
    const source = headers as { get(name: string): unknown }
    return (name) => {
      if (name.startsWith(':')) return none // `Headers` throws for the pseudo-headers of HTTP/2
      const value = source.get(name)
      // A web `Headers` returns `null`. Look-alikes, for example those of test kits, return
      // `undefined`.
      return value === null ? none : toList(value)
    }
  }
  const record = headers as Readonly<Record<string, unknown>>
  // Node.js spells every name in lower case. Then no two names can be the same header.
  if (Object.keys(record).every((name) => name === name.toLowerCase()))
    return (name) => (Object.hasOwn(record, name) ? toList(record[name]) : none)
  return readEntries(Object.entries(record))
}

function readEntries(entries: Iterable<readonly [name: unknown, value: unknown]>): HeaderReader {
  const values = new Map<string, unknown[]>()
  for (const [name, value] of entries) {
    if (typeof name !== 'string') continue
    const key = name.toLowerCase()
    const known = values.get(key)
    if (known === undefined) values.set(key, [...toList(value)])
    else known.push(...toList(value))
  }
  return (name) => values.get(name) ?? none
}

function toList(value: unknown): readonly unknown[] {
  if (value === undefined) return none
  return Array.isArray(value) ? value : [value]
}

/**
 * Reads a header with one value.
 * @returns `undefined` if it is missing, and `null` if there are several values or one that is not
 *   a string
 */
export function readSingle(read: HeaderReader, name: string): string | null | undefined {
  const values = read(name)
  if (values.length === 0) return undefined
  const [value] = values
  return values.length === 1 && typeof value === 'string' ? value : null
}

/** Keeps the strings. Only a caller without types can pass anything else. */
export function listTexts(values: readonly unknown[]): readonly string[] {
  return values.filter((value) => typeof value === 'string')
}
