import { type Algorithm, type AlgorithmName, defaultAlgorithm, findAlgorithm } from '../hmac/algorithms.ts'

/** The header that carries the signature. */
export const SIGNATURE_HEADER = 'X-Twilio-Signature'

/** The header of a request that a SharedKey signed: `key=<id>,algorithm=<algorithm>`. */
export const SIGNATURE_SETTINGS_HEADER = 'X-Twilio-Webhooks-Signature-Settings'

/** The algorithm of Auth Tokens. */
export const HMAC_SHA1: 'HMAC_SHA1' & AlgorithmName = 'HMAC_SHA1'

/** The algorithm of SharedKeys. */
export const HMAC_SHA256: 'HMAC_SHA256' & AlgorithmName = 'HMAC_SHA256'

/**
 * Reads the algorithm from the settings header of a request. The header is not signed: only pass
 * the result on with the secret of a SharedKey if there is such a header, and with the Auth Token
 * if not.
 * @param signatureSettingsHeader The value of X-Twilio-Webhooks-Signature-Settings.
 * @returns the name as the header has it, which may be unknown; HMAC_SHA1 if there is none
 */
export function getSignatureAlgorithm(signatureSettingsHeader?: string | null): string {
  const settings: unknown = signatureSettingsHeader
  if (typeof settings !== 'string') return HMAC_SHA1
  for (const setting of settings.split(',')) {
    const separator = setting.indexOf('=')
    const name = setting.slice(separator + 1).trim()
    if (separator !== -1 && setting.slice(0, separator).trim() === 'algorithm' && name !== '') return name
  }
  return HMAC_SHA1
}

/**
 * Finds the algorithm for the argument `algorithm`, in any letter case.
 * @param name Default HMAC_SHA1, also for an empty text.
 * @returns `undefined` if it is unknown, which refuses a request
 */
export function findNamedAlgorithm(name: string | undefined): Algorithm | undefined {
  if (!name) return defaultAlgorithm
  return typeof name === 'string' ? findAlgorithm(name.toUpperCase()) : undefined
}
