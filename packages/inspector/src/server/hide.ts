import { readTwiml } from '@tollgate/calls'
import { hiddenValue } from 'tollgate/internal'
import type { Capture, CapturedResponse, CaptureView, HeaderList } from '../shared/capture.ts'
import { reviewAnswer } from './answer/review-answer.ts'
import { isUnread, readParams } from './read-capture.ts'
import { schemeOf } from './schemes.ts'
import { summarize } from './summarize.ts'

const credentials = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie'])

/**
 * Hides credentials in a capture. It also hides the signature of a request that the page signed
 * with the real token.
 */
export function hideCredentials(capture: Capture): Capture {
  const names = capture.signedWith === 'real' ? new Set([...credentials, 'x-twilio-signature']) : credentials
  const { response } = capture
  const hidden = { ...capture, headers: hideHeaders(capture.headers, names) }
  return response === undefined ? hidden : { ...hidden, response: hideInResponse(response, names) }
}

function hideInResponse(response: CapturedResponse, names: ReadonlySet<string>): CapturedResponse {
  return { ...response, headers: hideHeaders(response.headers, names) }
}

function hideHeaders(headers: HeaderList, names: ReadonlySet<string>): HeaderList {
  return headers.map(([name, value]) => [name, names.has(name.toLowerCase()) ? hiddenValue : value])
}

/** Returns true if a header's value was hidden. The capture is then not the original request. */
export function isHidden(value: string): boolean {
  return value === hiddenValue
}

export function viewCapture(capture: Capture): Omit<CaptureView, 'searching'> {
  const answer = capture.response?.body
  const tree = answer === undefined ? undefined : readTwiml(answer)
  return {
    ...hideCredentials(capture),
    // Other XML, such as an error page, is shown as text.
    ...(tree?.name === 'Response' && { twiml: tree }),
    findings: reviewAnswer(capture),
    params: readParams(capture),
    signingString: listSigned(capture),
    summary: summarize(capture),
    unread: isUnread(capture),
  }
}

/**
 * Lists the parts of the signed text, with the URL that matched or that a diagnosis proved, or else
 * with the request's URL.
 */
export function listSigned(capture: Capture): CaptureView['signingString'] {
  const { verdict, explanation } = capture
  const signedUrl = (verdict?.ok ? verdict.url : undefined) ?? explanation?.proven?.signedUrl
  return explanation?.proven?.signingString ?? schemeOf(capture).listSigned({ ...capture, signedUrl })
}

/**
 * Hides every key in a text that leaves the process. This is a second safeguard: an application's
 * answer may contain its key.
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  let hidden = text
  for (const secret of secrets) if (secret !== '') hidden = hidden.replaceAll(secret, hiddenValue)
  return hidden
}
