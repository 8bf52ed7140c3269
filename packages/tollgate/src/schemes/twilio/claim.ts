import { type Algorithm, defaultAlgorithm, findAlgorithm } from '../../hmac/algorithms.ts'
import { isRejected, type Rejected, reject } from '../../verdict.ts'
import { type Head, type HeaderReader, listTexts, readSingle } from '../../verify/head.ts'
import { isCanonicalSignature, isSignature } from './sign/signature.ts'
import { parseNamedKey } from './sign/signature-settings.ts'

function checkMethod({ method, header, handshake }: Head, methods: ReadonlySet<string>): Rejected | undefined {
  if (!handshake) return methods.has(method) ? undefined : reject('method_unlisted')
  if (!asksForWebSocket(method, header)) return reject('upgrade_missing')
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
  return { signature, algorithm, sharedKeyId }
}

function readKeyClaim(header: HeaderReader): Omit<SignatureClaim, 'signature'> | Rejected {
  const settings = readSingle(header, 'x-twilio-webhooks-signature-settings')
  const keySid = readSingle(header, 'x-twilio-signature-key-sid')
  if (settings === undefined && keySid === undefined) return { algorithm: defaultAlgorithm, sharedKeyId: undefined }
  if (keySid === null || settings === null) return reject('signature_settings_malformed')
  const parsed = parseNamedKey(settings, keySid)
  if (parsed === undefined || (keySid ?? parsed.keyId) !== parsed.keyId) return reject('signature_settings_malformed')
  const algorithm = findAlgorithm(parsed.algorithm)
  if (settings !== undefined && algorithm === undefined) return reject('algorithm_unsupported')
  return { algorithm, sharedKeyId: parsed.keyId }
}
