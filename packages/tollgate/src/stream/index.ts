export {
  type OneTimeStreamTickets,
  type StreamTickets,
  type StreamTicketsOptions,
  streamTickets,
  type TicketCode,
  type TicketVerdict,
} from './tickets.ts'
