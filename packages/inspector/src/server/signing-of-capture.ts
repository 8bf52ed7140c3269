import type { Capture, SigningPart } from '../shared/capture.ts'
import { listSigningParts } from '../shared/signing-parts.ts'
import { isHandshake, readParams } from './read-capture.ts'

/**
 * Lists the parts that Twilio signs, with the URL that matched or that a diagnosis proved, or else
 * with the request's URL.
 */
export function listTwilioParts(capture: Capture): readonly SigningPart[] {
  const { verdict } = capture
  const proven = capture.explanation?.proven
  if (proven?.signingString !== undefined) return proven.signingString
  const signedUrl = (verdict?.ok ? verdict.url : undefined) ?? proven?.signedUrl
  if (isHandshake(capture)) {
    const url = signedUrl ?? capture.url.replace(/^http/i, 'ws').replace(/\?.*$/s, '')
    // ConversationRelay signs its query as parameters, on the URL without it.
    return listSigningParts(url, url.includes('?') ? [] : readParams(capture))
  }
  const url = signedUrl ?? capture.url
  return listSigningParts(url, capture.body === undefined ? [] : readParams(capture))
}
