import type { Capture, SigningPart } from '../shared/capture.ts'
import { listSigningParts } from '../shared/signing-parts.ts'
import { isHandshake, readParams } from './read-capture.ts'

/** Lists the parts that Twilio signs, with the URL that matched or else the request's URL. */
export function listTwilioParts(capture: Capture): SigningPart[] {
  const { verdict } = capture
  const url = (verdict?.ok ? verdict.url : undefined) ?? capture.url
  if (isHandshake(capture)) {
    const socketUrl = verdict?.ok ? url : url.replace(/^http/i, 'ws').replace(/\?.*$/s, '')
    // ConversationRelay signs its query as parameters, on the URL without it.
    return listSigningParts(socketUrl, socketUrl.includes('?') ? [] : readParams(capture))
  }
  return listSigningParts(url, capture.body === undefined ? [] : readParams(capture))
}
