import type { CaptureSummary } from '../shared/capture.ts'
import { hasFailed } from './format.ts'

/** Says that the server is another run, which does not know this page. */
export const endedText = 'This run has ended. Open the new address from your terminal.'

/** Names of the kinds that people meet first. Others are named by their id. */
const kindNames: Readonly<Record<string, string>> = {
  'message.inbound': 'Incoming SMS',
  'whatsapp.inbound': 'Incoming WhatsApp',
  'rcs.inbound': 'Incoming RCS',
  'call.inbound': 'Incoming call',
  'sip.inbound': 'Incoming SIP call',
  'gather.dtmf': 'Digits of a call',
  'gather.speech': 'Speech of a call',
  'dial.action': 'End of a dialed call',
  'sendgrid.events': 'SendGrid events',
}

/** Names a kind of webhook, such as `Incoming SMS`. */
export function nameKind({ kind, code }: Pick<CaptureSummary, 'kind' | 'code'>): string {
  if (kind === undefined) return code === 'signature_missing' ? 'Unsigned' : 'Webhook'
  const words = kind.replace(/[.-]/g, ' ')
  return Object.hasOwn(kindNames, kind) ? (kindNames[kind] ?? words) : words[0]?.toUpperCase() + words.slice(1)
}

/** Short words for codes in a row. Others are named by their id. */
const reasonNames: Readonly<Record<string, string>> = {
  none: 'before the check',
  signature_mismatch: 'wrong signature',
  signature_missing: 'unsigned',
}

function nameReason(code: string): string {
  return Object.hasOwn(reasonNames, code) ? (reasonNames[code] ?? code) : code.replaceAll('_', ' ')
}

/** Describes the answer and the verdict for a row, such as `403 · wrong token?`. */
export function nameResult(one: CaptureSummary): string {
  const { code, status, by, reported, causeName, isProven } = one
  const result = (text: string) => (status === undefined ? text : `${status} · ${text}`)
  if (hasFailed(one)) return result(status === undefined || by === 'gateway' ? 'no answer' : 'app failed')
  if (reported !== undefined) return `Twilio would report ${reported}`
  if (code === 'accepted') return status === undefined ? 'accepted' : String(status)
  if (code === 'none' && by !== 'gateway') return 'not verified'
  return result(causeName === undefined ? nameReason(code) : causeName + (isProven ? '' : '?'))
}
