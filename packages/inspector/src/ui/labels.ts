import type { CaptureSummary } from '../shared/capture.ts'
import { hasFailed } from './format.ts'

/** Says that the server is another run, which does not know this page. */
export const endedText = 'This run has ended. Open the new address from your terminal.'

/** The kinds that people meet first, with their names: frequent ones first. Others are named by their id. */
const kindGroups: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Messages: {
    'message.inbound': 'Incoming SMS',
    'message.status': 'Status of a message',
    'whatsapp.inbound': 'Incoming WhatsApp',
    'rcs.inbound': 'Incoming RCS',
  },
  Calls: {
    'call.inbound': 'Incoming call',
    'call.status': 'Status of a call',
    'gather.dtmf': 'Digits of a call',
    'gather.speech': 'Speech of a call',
    'dial.action': 'End of a dialed call',
    'recording.status': 'Status of a recording',
    'sip.inbound': 'Incoming SIP call',
    'media-stream.handshake': 'Start of a media stream',
    'conversation-relay.handshake': 'Start of a ConversationRelay',
    amd: 'Person or answering machine',
  },
  SendGrid: { 'sendgrid.events': 'SendGrid events' },
}
const kindNames: Readonly<Record<string, string>> = Object.assign({}, ...Object.values(kindGroups))

/** Groups kinds for a menu. Each group is a list of ids and names. */
export function groupKinds(kinds: readonly string[]): (readonly [group: string, (readonly [string, string])[]])[] {
  const others = kinds.filter((kind) => !Object.hasOwn(kindNames, kind)).sort()
  return [...Object.entries(kindGroups), ['Others', Object.fromEntries(others.map((kind) => [kind, '']))] as const]
    .map(([group, names]) => [group, Object.keys(names).filter((kind) => kinds.includes(kind))] as const)
    .filter(([, some]) => some.length > 0)
    .map(([group, some]) => [group, some.map((kind) => [kind, nameKind({ kind, code: '' })] as const)])
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
