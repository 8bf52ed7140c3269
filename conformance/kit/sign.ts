/**
 * Signs by the rule of https://www.twilio.com/docs/usage/security, with code that shares nothing
 * with the library. A suite that signs with the library under test would not notice a mistake on
 * both sides.
 */
export type Pairs = readonly (readonly [name: string, value: string])[]
type HashName = 'SHA-1' | 'SHA-256'

const encoder = new TextEncoder()

// Web Crypto starts a job in another thread for each signature, which costs Node.js more than most cases.
const createHmac = globalThis.process?.getBuiltinModule?.('node:crypto')?.createHmac

export async function signText(text: string, secret: string, hash: HashName = 'SHA-1'): Promise<string> {
  if (createHmac !== undefined)
    return createHmac(hash === 'SHA-1' ? 'sha1' : 'sha256', secret)
      .update(text)
      .digest('base64')
  // An HMAC pads its key with zeros, so one zero byte is the same as the empty key, which Web
  // Crypto does not import.
  const bytes = encoder.encode(secret === '' ? '\0' : secret)
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['sign'])
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
  return btoa(String.fromCharCode(...signature))
}

export async function hashHex(body: string | Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', toBytes(body) as Uint8Array<ArrayBuffer>))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function toBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? encoder.encode(body) : body
}

/** Joins the distinct pairs without delimiters, sorted by name and then by value. */
export function joinParams(pairs: Pairs): string {
  const valuesOf = new Map<string, Set<string>>()
  for (const [name, value] of pairs) {
    const values = valuesOf.get(name) ?? new Set()
    valuesOf.set(name, values.add(value))
  }
  const names = [...valuesOf.keys()].sort()
  return names.flatMap((name) => [...(valuesOf.get(name) ?? [])].sort().map((value) => name + value)).join('')
}

export function encodeForm(pairs: Pairs): string {
  return new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString()
}
