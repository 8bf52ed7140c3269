import { parseStreamMessage } from 'tollgate/params'
import { streamTickets } from 'tollgate/stream'
import { twiml } from 'tollgate/twiml'

const tickets = streamTickets({ secret: process.env.STREAM_SECRET ?? '' })

/** @type {(webhook: import('tollgate').Accepted | import('tollgate').Observed, url: string) => string} */
export function openStream({ params, accountSid }, url) {
  const value = tickets.issue({ callSid: params.get('CallSid'), accountSid })
  const ticket = twiml.fragment`<Parameter name="ticket" value="${value}"/>`
  return twiml`<Response><Connect><Stream url="${url}">${ticket}</Stream></Connect></Response>`
}

/** @typedef {import('tollgate/stream').TicketVerdict | undefined} Call */
/** @type {(data: unknown, call: Call) => Call} */
export function admit(data, call) {
  const message = parseStreamMessage(String(data))
  return message?.event === 'connected' ? call : (call ?? tickets.check(message))
}
