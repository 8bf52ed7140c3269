import { parseStreamMessage } from 'tollgate/params'
import { streamTickets } from 'tollgate/stream'
import { twiml } from 'tollgate/twiml'

const tickets = streamTickets({ secret: process.env.STREAM_SECRET ?? '' })

/** @typedef {import('tollgate').Accepted | import('tollgate').Observed} Webhook */
/** @param {Webhook} webhook */
function makeTicket({ params, accountSid }) {
  const value = tickets.issue({ callSid: params.get('CallSid'), accountSid })
  return twiml.fragment`<Parameter name="ticket" value="${value}"/>`
}

/** @type {(webhook: Webhook, url: string) => string} */
export function openStream(webhook, url) {
  return twiml`<Response><Connect><Stream url="${url}">${makeTicket(webhook)}</Stream></Connect></Response>`
}

/** @type {(webhook: Webhook, url: string) => string} */
export function openRelay(webhook, url) {
  const ticket = makeTicket(webhook)
  return twiml`<Response><Connect><ConversationRelay url="${url}">${ticket}</ConversationRelay></Connect></Response>`
}

/** @typedef {import('tollgate/stream').TicketVerdict | undefined} Call */
/** @type {(data: unknown, call: Call) => Call} */
export function admit(data, call) {
  if (call !== undefined) return call
  const text = String(data)
  // Media Streams sends `connected` before the message that has the ticket.
  return parseStreamMessage(text)?.event === 'connected' ? undefined : tickets.check(text)
}
