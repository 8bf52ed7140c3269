import { toList } from '../../checks/options.ts'
import { readEnvironment } from '../../checks/runtime.ts'
import { describeSecretFault } from '../../checks/secrets.ts'
import { decodeBase64, fromHex, toHex } from './signature.ts'

/**
 * Public keys of webhooks, each SPKI in Base64 or PEM: one, several, or a record or a Map by a name
 * of yours.
 */
export type SendGridPublicKeys =
  | string
  | readonly string[]
  | Readonly<Record<string, string>>
  | ReadonlyMap<string, string>

/** The key that signed: by its name, or by its position in the list. */
export type SendGridKey =
  | { readonly kind: 'sendgrid'; readonly name: string }
  | { readonly kind: 'sendgrid'; readonly index: number }

/** A public key after parsing. */
export interface ParsedKey {
  readonly id: SendGridKey
  /** SPKI, 91 bytes. */
  readonly spki: Uint8Array
}

/** Each key costs one check of a refused request. */
const mostKeys = 16

/**
 * Parses the option `publicKey`.
 * @throws TypeError that names the option, and says what was given instead of a public key.
 */
export function parsePublicKeys(given: SendGridPublicKeys | undefined): readonly ParsedKey[] {
  const where = given === undefined ? 'SENDGRID_WEBHOOK_PUBLIC_KEY' : 'publicKey'
  const option: unknown = given ?? readEnvironment(where)
  if (option === undefined) throw new TypeError('"publicKey" is missing: give it, or set SENDGRID_WEBHOOK_PUBLIC_KEY')
  const isRecord = typeof option === 'object' && option !== null && !Array.isArray(option)
  const entries: readonly [string | number, unknown][] = isRecord
    ? option instanceof Map
      ? [...option]
      : Object.entries(option)
    : [...toList(option, where).entries()]
  if (entries.length === 0) throw new TypeError(`"${where}" is empty`)
  if (entries.length > mostKeys)
    throw new TypeError(`"${where}" has ${entries.length} keys; at most ${mostKeys} are tried`)
  return entries.map(([name, text]) => {
    const label = isRecord ? `${where}.${name}` : entries.length > 1 ? `${where}[${name}]` : where
    const id = typeof name === 'number' ? { index: name } : { name }
    return { id: { kind: 'sendgrid', ...id }, spki: parsePublicKey(text, label) }
  })
}

// SubjectPublicKeyInfo of an uncompressed point of P-256 (RFC 5480), up to its coordinates.
const spkiStart = '3059301306072a8648ce3d020106082a8648ce3d03010703420004'

/**
 * Parses one public key.
 * @param where Names the option in the error.
 */
export function parsePublicKey(key: unknown, where: string): Uint8Array {
  const fail = (fault: string): never => {
    throw new TypeError(`"${where}" ${fault}`)
  }
  if (typeof key !== 'string') return fail(`must be a string, got ${key === null ? 'null' : typeof key}`)
  // Environment files often have `\n` for the line ends of PEM.
  const text = key.replace(/\\r|\\n/g, '\n')
  const [, label, pem] = /^\s*-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----\s*$/.exec(text) ?? []
  if (label !== undefined && label !== 'PUBLIC KEY') return fail(describeLabel(label))
  if (pem === undefined && /-----BEGIN /.test(text))
    return fail('is not a whole PEM: give all its lines, or the Base64 between the first and the last')
  const base64 = (pem ?? text).replace(/\s/g, '')
  const fault = describeSecretFault(base64) ?? describeToken(base64)
  if (fault !== undefined) return fail(fault)
  if (text.trim().length === lengthInBase64 && /^MFkw[^\r\n]* /.test(text.trim()))
    return fail('has blanks in the place of "+": it was read as part of a URL or a form, in which "+" is %2B')
  if (base64.startsWith(startInBase64) && base64.length < lengthInBase64)
    return fail(`was cut off: it has ${base64.length} of ${lengthInBase64} characters; copy the whole key`)
  const lost = countLost(base64)
  if (lost > 0)
    return fail(
      `was cut off at its start: it has ${base64.length} of ${lengthInBase64} characters; a key begins with ${startInBase64.slice(0, 8)}, copy the whole key`,
    )
  const bytes = decodeBase64(base64)
  if (bytes === undefined) return fail('is not Base64 or PEM')
  if (/^(MFkw|-----BEGIN PUBLIC)/.test(String.fromCharCode(...bytes.subarray(0, 20))))
    return fail('is encoded in Base64 twice: decode it once')
  const hex = toHex(bytes)
  if (hex.length !== 182 || !hex.startsWith(spkiStart)) return fail(describeDer(hex))
  if (!isOnCurve(hex.slice(54, 118), hex.slice(118))) return fail('is damaged: its point is not on the curve P-256')
  return bytes
}

/** The characters that all public keys have at their start, and their number. */
const startInBase64 = 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE'
const lengthInBase64 = 124

/** Counts the characters that are lost at the start, if some of those that all keys have are left. */
function countLost(base64: string): number {
  for (let lost = 1; lost <= startInBase64.length - 8 && base64.length < lengthInBase64; lost++)
    if (base64.startsWith(startInBase64.slice(lost))) return lost
  return 0
}

/** Writes the public key with these coordinates as SPKI. */
export function toSpki(x: Uint8Array, y: Uint8Array): Uint8Array {
  return fromHex(spkiStart + toHex(x) + toHex(y))
}

const wanted = 'give the public key that SendGrid shows for the webhook'

function describeLabel(label: string): string {
  if (label.endsWith('PRIVATE KEY')) return `is a private key; ${wanted}`
  return label === 'CERTIFICATE' ? `is a certificate; ${wanted}` : `is a PEM of another kind; ${wanted}`
}

function describeToken(text: string): string | undefined {
  if (text.startsWith('SG.')) return `is an API key; ${wanted}`
  if (/^[\w-]{22}$/.test(text))
    return `has 22 of ${lengthInBase64} characters, as the ID of an API key; ${wanted}, under "Signature Verification"`
  if (/^(AC|SK)?[0-9a-f]{32}$/i.test(text)) return `is a token or a SID of Twilio; ${wanted}`
  return undefined
}

function describeDer(hex: string): string {
  // A private key begins with a SEQUENCE and its version, 0 (PKCS #8) or 1 (SEC 1).
  if (/^30(..|81..|82....)02010[01]/.test(hex)) return `is a private key; ${wanted}`
  // A certificate begins with two long SEQUENCEs.
  if (/^30(81..|82....)30(81..|82....)/.test(hex)) return `is a certificate; ${wanted}`
  if (hex.includes('2b81040022')) return 'is a P-384 key; SendGrid signs with P-256'
  if (hex.includes('2b81040023')) return 'is a P-521 key; SendGrid signs with P-256'
  if (hex.includes('2a864886f70d010101'))
    return `is an RSA key, perhaps the DKIM key of your domain; SendGrid signs with ECDSA over P-256: ${wanted}, under "Signature Verification"`
  if (hex.startsWith('3039301306072a8648ce3d020106082a8648ce3d030107'))
    return 'is a compressed key; give it uncompressed'
  return `is not a public key of P-256 as SPKI (91 bytes); ${wanted}`
}

const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

/** WebCrypto would find out only at the first request. */
function isOnCurve(xHex: string, yHex: string): boolean {
  const [x, y] = [BigInt(`0x${xHex}`), BigInt(`0x${yHex}`)]
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n
}
