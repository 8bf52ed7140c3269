import { withTimeLimit } from '../checks/limits.ts'
import { readOptions, toList } from '../checks/options.ts'
import { describeSecretFault, isAccountSid, makeRandomToken, maxTokens } from '../checks/secrets.ts'
import { type Algorithm, findAlgorithm } from '../hmac/algorithms.ts'
import type { ReplayStore } from '../replay/store.ts'
import { createSigner, equalSignatures, hashBody, type Signer } from '../schemes/twilio/sign/signature.ts'
import { readFirstMessage } from './first-message.ts'

/** Options of `streamTickets`. */
export interface StreamTicketsOptions {
  /**
   * A secret of at least 32 characters that only your servers know, for example from `openssl rand
   * -hex 32`. It is not an Auth Token of Twilio. Give several during a rotation, at most 16: the
   * first issues tickets, and all of them check.
   */
  readonly secret: string | readonly string[]
  /**
   * How long a ticket is valid, in seconds, an integer from 1 to 86,400 (a day, the longest call).
   * ConversationRelay may open its socket again as long as the call lasts, so a ticket lives as long
   * as a call unless you have asked Twilio for longer ones. Default 14,400 (4 hours).
   */
  readonly ttlSeconds?: number | undefined
  /**
   * Lets each ticket be used once: `memoryStore()` for one process, `redisStore(client)` for
   * several, both from `tollgate/replay`. A socket that is opened again during a call is then
   * refused. Default: none.
   */
  readonly store?: ReplayStore | undefined
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** The options of `streamTickets`. */
export const streamTicketsOptions = {
  secret: { type: 'other', required: true },
  ttlSeconds: { type: 'integer', least: 1, most: 86_400, default: 14_400 },
  store: { type: 'object', methods: ['reserve', 'confirm', 'release'] },
  now: { type: 'function' },
} as const

/** The call that a ticket is for. */
interface TicketCall {
  /** The SID of the call: `CA` and 32 hex digits. */
  readonly callSid: string
  /** The account of the call: `AC` and 32 hex digits. */
  readonly accountSid: string
}

/**
 * Why the first message of a socket is refused:
 * - `message_malformed`: it is no `start` and no `setup`, or longer than 65,536 characters
 * - `ticket_missing`: it has no parameter `ticket`
 * - `ticket_malformed`: that parameter is no ticket
 * - `ticket_mismatch`: none of the secrets issued it, or it was changed
 * - `ticket_expired`: it was valid before
 * - `call_mismatch`: it is of another call, or of another account
 * - `ticket_used`: a socket has used it, and each ticket is valid once
 * - `store_failed`: the store failed, took longer than a second, or is full
 */
export type TicketCode =
  | 'message_malformed'
  | 'ticket_missing'
  | 'ticket_malformed'
  | 'ticket_mismatch'
  | 'ticket_expired'
  | 'call_mismatch'
  | 'ticket_used'
  | 'store_failed'

/** The call that a socket is proven to belong to, or why it is not. */
export type TicketVerdict =
  | (TicketCall & { readonly ok: true; readonly code?: never })
  | { readonly ok: false; readonly code: TicketCode; readonly callSid?: never; readonly accountSid?: never }

interface TicketIssuer {
  /**
   * Issues a ticket for the call of a verified webhook, as the value of `<Parameter name="ticket">`.
   * @param call The CallSid and the AccountSid of the webhook.
   * @returns at most 200 characters that need no escaping in XML and in URLs
   * @throws TypeError if a SID is malformed or missing.
   */
  issue(call: { readonly callSid: string | undefined; readonly accountSid: string | undefined }): string
}

/** Issues tickets, and checks them without a store. */
export interface StreamTickets extends TicketIssuer {
  /**
   * Checks the first message of a socket: `start` of Media Streams (which sends `connected` before
   * it), or `setup` of ConversationRelay. It never throws.
   * @param message The message as text, bytes or parsed JSON.
   * @returns the proven call, or a code
   */
  check(message: unknown): TicketVerdict
}

/** Issues tickets that are valid once. */
export interface OneTimeStreamTickets extends TicketIssuer {
  /**
   * Checks the first message of a socket as `StreamTickets` does, and then that the ticket is used
   * for the first time. It never rejects.
   * @param message The message as text, bytes or parsed JSON.
   * @returns the proven call, or a code
   */
  check(message: unknown): Promise<TicketVerdict>
}

const shortestSecret = 32
const storeTimeoutMs = 1000
const algorithm = findAlgorithm('HMAC_SHA256') as Algorithm

/**
 * Creates tickets that bind a WebSocket of Media Streams or ConversationRelay to a call. The
 * signature of such a socket proves only its URL, which is the same for every call. A ticket is
 * issued in the handler of the call's webhook, travels as a `<Parameter>` of the TwiML, and comes
 * back in the first message of the socket. It is an HMAC over the call, the account and its expiry,
 * so that any process with the secret can check it.
 * @returns an issuer whose `check` is asynchronous if there is a `store`
 * @throws TypeError or RangeError that names the option, if one is missing, unknown or out of
 *   range. It never shows a secret.
 */
export function streamTickets(options: StreamTicketsOptions & { readonly store: ReplayStore }): OneTimeStreamTickets
export function streamTickets(options: StreamTicketsOptions & { readonly store?: undefined }): StreamTickets
export function streamTickets(given: StreamTicketsOptions): StreamTickets | OneTimeStreamTickets {
  const { secret, ttlSeconds, store, now = Date.now } = readOptions(given, streamTicketsOptions, 'streamTickets')
  const signers = parseSecrets(secret)
  const issue: TicketIssuer['issue'] = (call) => {
    const { callSid, accountSid } = Object(call) as Partial<TicketCall>
    if (!isCallSid(callSid)) throw new TypeError('"callSid" must be "CA" and 32 hex digits')
    if (!isAccountSid(accountSid)) throw new TypeError('"accountSid" must be "AC" and 32 hex digits')
    // Two tickets of one call within one second must differ, because each is valid once.
    const nonce = makeRandomToken().slice(0, 16)
    const claim = `2.${callSid}.${accountSid}.${Math.floor(now() / 1000) + ttlSeconds}.${nonce}`
    return `${claim}.${(signers[0] as Signer)(claim)}`
  }
  if (store === undefined) return { issue, check: (message) => checkTicket(message, signers, now).verdict }
  return {
    issue,
    async check(message) {
      const { verdict, ticket, leftMs } = checkTicket(message, signers, now)
      return verdict.ok ? useOnce(store, ticket, leftMs, verdict) : verdict
    },
  }
}

function parseSecrets(secret: unknown): readonly Signer[] {
  const list = toList(secret, 'secret')
  if (list.length > maxTokens) throw new TypeError(`"secret" has more than ${maxTokens} secrets`)
  return list.map((one) => {
    const fault =
      describeSecretFault(one) ??
      ((one as string).length < shortestSecret ? 'is shorter than 32 characters' : undefined)
    if (fault !== undefined) throw new TypeError(`"secret" ${fault}; ${howToMake}`)
    return createTicketSigner(one as string)
  })
}

// The examples read this variable, so a secret that is empty is one that was not set.
const howToMake = 'make one with `openssl rand -hex 32` and set it as STREAM_SECRET, for example'

/** Prepares signatures in the alphabet of URLs, without padding. */
function createTicketSigner(secret: string): Signer {
  const sign = createSigner(algorithm, secret)
  // The prefix keeps a signature of another use of the secret from being a ticket.
  return (claim) => sign(`tollgate stream ticket ${claim}`).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

const ticketForm = /^(2\.(CA[0-9a-f]{32})\.(AC[0-9a-f]{32})\.([1-9]\d{0,11})\.[0-9a-f]{16})\.([\w-]{43})$/i

interface CheckedTicket {
  readonly verdict: TicketVerdict
  readonly ticket: string
  readonly leftMs: number
}

function checkTicket(message: unknown, signers: readonly Signer[], now: () => number): CheckedTicket {
  const call = readFirstMessage(message)
  const ticket = call?.ticket ?? ''
  const refuse = (code: TicketCode): CheckedTicket => ({ verdict: { ok: false, code }, ticket, leftMs: 0 })
  if (call === undefined) return refuse('message_malformed')
  if (call.ticket === undefined) return refuse('ticket_missing')
  const [, claim, callSid, accountSid, expiresAt, signature] = ticketForm.exec(ticket) ?? []
  if (claim === undefined || callSid === undefined || accountSid === undefined || signature === undefined)
    return refuse('ticket_malformed')
  if (!signers.some((sign) => equalSignatures(sign(claim), signature))) return refuse('ticket_mismatch')
  const leftMs = 1000 * Number(expiresAt) - now()
  // Also for a clock that gives NaN.
  if (!(leftMs > 0)) return refuse('ticket_expired')
  // ConversationRelay may leave the account out. The ticket has it.
  if (call.callSid !== callSid || (call.accountSid ?? accountSid) !== accountSid) return refuse('call_mismatch')
  return { verdict: { ok: true, callSid, accountSid }, ticket, leftMs }
}

async function useOnce(
  store: ReplayStore,
  ticket: string,
  leftMs: number,
  verdict: TicketVerdict,
): Promise<TicketVerdict> {
  // A lease as long as the ticket is one step, so that nothing is left if the process stops here.
  const attempt = { leaseMs: Math.ceil(leftMs), token: crypto.randomUUID(), kind: 'stream', isDoubtful: false }
  try {
    const key = hashBody(ticket)
    const outcome = await withTimeLimit(async () => store.reserve(key, attempt), storeTimeoutMs, 'The store')
    if (outcome === 'reserved') return verdict
    const isUsed = outcome === 'pending' || typeof Object(outcome).seen === 'string'
    return { ok: false, code: isUsed ? 'ticket_used' : 'store_failed' }
  } catch {
    return { ok: false, code: 'store_failed' }
  }
}

function isCallSid(text: unknown): text is string {
  return typeof text === 'string' && /^CA[0-9a-f]{32}$/i.test(text)
}
