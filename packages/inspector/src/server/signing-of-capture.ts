import type { Capture, SigningPart } from '../shared/capture.ts'
import { listSigningParts } from '../shared/signing-parts.ts'
import { isHandshake, readParams } from './read-capture.ts'

/** Lists the signed parts of a request, with the URL that matched or else the request's URL. */
export function signingPartsOf(capture: Capture): SigningPart[] {
  const { verdict } = capture
  if (isHandshake(capture)) {
    const url = verdict?.ok ? verdict.url : capture.url.replace(/^http/i, 'ws').replace(/\?.*$/s, '')
    // ConversationRelay signs its query as parameters, on the URL without it.
    return listSigningParts(url, url.includes('?') ? [] : readParams(capture))
  }
  const url = verdict?.ok ? verdict.url : capture.url
  return listSigningParts(url, capture.body === undefined ? [] : readParams(capture))
}
