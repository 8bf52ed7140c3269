/** X-Twilio-Webhooks-Signature-Settings: which SharedKey signed, and how. The sender's word: it chooses, it proves nothing. */
export interface SignatureSettings {
  /** The SharedKey's id: opaque, case-sensitive, without commas. */
  readonly keyId: string
  readonly algorithm: string
}

// Exactly one pair in exactly this order: https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
const settingsPattern = /^key=([!-+\--~]{1,256}),algorithm=([A-Za-z0-9_-]{1,64})$/

/** `undefined` for anything but one well-formed `key=…,algorithm=…`. */
export function parseSignatureSettings(header: string): SignatureSettings | undefined {
  const match = settingsPattern.exec(header)
  return match === null ? undefined : { keyId: match[1] as string, algorithm: match[2] as string }
}
