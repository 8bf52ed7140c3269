/**
 * The content of X-Twilio-Webhooks-Signature-Settings. The sender wrote it: it chooses a key and
 * proves nothing.
 */
interface SignatureSettings {
  /** The SharedKey's id: opaque, case-sensitive, without commas. */
  readonly keyId: string
  readonly algorithm: string
}

// Exactly one pair in exactly this order:
// https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
const settingsPattern = /^key=([!-+\--~]{1,256}),algorithm=([A-Za-z0-9_-]{1,64})$/

/** Parses a settings header. `undefined` for anything but one well-formed `key=…,algorithm=…`. */
export function parseSignatureSettings(header: string): SignatureSettings | undefined {
  const match = settingsPattern.exec(header)
  return match === null ? undefined : { keyId: match[1] as string, algorithm: match[2] as string }
}

/**
 * Reads the key that a request names, in the settings header of the public beta or in the header of
 * the private beta, which has only the id.
 * https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
 * @param settings the value of X-Twilio-Webhooks-Signature-Settings
 * @param keySid the value of X-Twilio-Signature-Key-Sid
 * @returns `undefined` for headers that name no key, or are malformed
 */
export function parseNamedKey(settings: string | undefined, keySid: string | undefined): SignatureSettings | undefined {
  // Stryker disable next-line StringLiteral: both texts are malformed, as the id of a key is not empty and has no space
  return parseSignatureSettings(settings ?? `key=${keySid ?? ''},algorithm=none`)
}
