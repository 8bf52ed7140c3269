import { algorithms } from '../../packages/tollgate/src/hmac/algorithms.ts'
import { isCanonicalSignature } from '../../packages/tollgate/src/schemes/twilio/sign/signature.ts'
import { parseSignatureSettings } from '../../packages/tollgate/src/schemes/twilio/sign/signature-settings.ts'
import { check, splitInput, toText } from './check.ts'

/** Checks that the two headers that choose a key have only one spelling for each meaning. */
export function fuzz(data: Uint8Array): void {
  const [header = new Uint8Array(), signature = new Uint8Array()] = splitInput(data, 2)
  const text = toText(header)
  const settings = parseSignatureSettings(text)
  if (settings !== undefined) {
    check(`key=${settings.keyId},algorithm=${settings.algorithm}` === text, 'a second spelling of the settings')
    check(settings.keyId !== '' && !settings.keyId.includes(','), 'a malformed key id')
  }
  for (const { bytes } of Object.values(algorithms)) {
    const given = toText(signature)
    if (!isCanonicalSignature(given, bytes)) continue
    const decoded = Buffer.from(given, 'base64')
    check(decoded.length === bytes, 'a signature of another length')
    check(decoded.toString('base64') === given, 'a second spelling of a signature')
  }
}
