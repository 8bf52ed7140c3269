import { type AnswerUse, checkAnswer } from '@tollgate/calls'
import type { AnswerFinding, Capture } from '../../shared/capture.ts'
import { readBody } from '../body-text.ts'
import { isHandshake, readParams } from '../read-capture.ts'

/** The kinds whose answer is TwiML. A call or a message in between has no kind. */
const uses: readonly (readonly [kinds: RegExp, use: AnswerUse])[] = [
  [/^(message|whatsapp|rcs)\.inbound$/, 'message'],
  [
    /^(call\.inbound|sip\.inbound|sip\.refer|gather\.(dtmf|speech)|(dial|record|pay|queue|conversation-relay)\.action)$/,
    'voice',
  ],
  [/^queue\.(wait|connect)$/, 'voice'],
  [/\.(status|participant|announcement|realtime|partial)$|^(amd|transcription)$/, 'callback'],
]

/** Lists what Twilio would report about the answer to an accepted request. */
export function reviewAnswer(capture: Capture): readonly AnswerFinding[] {
  const { response, verdict, durationMs } = capture
  const use = findUse(capture)
  if (response === undefined || verdict?.ok !== true || use === undefined) return []
  const { status, headers, body, bodyTruncated = false } = response
  return checkAnswer({ status, headers, body, bytes: readBody(response).length, isCut: bodyTruncated, durationMs }, use)
}

function findUse(capture: Capture): AnswerUse | undefined {
  const { kind } = capture
  if (kind !== undefined) return uses.find(([kinds]) => kinds.test(kind))?.[1]
  if (isHandshake(capture)) return undefined
  const names = new Set(readParams(capture).map(([name]) => name))
  return names.has('CallSid') && names.has('CallStatus') && names.has('Direction') ? 'voice' : undefined
}
