import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Accepted, IncomingRequest, Mode, Observed, Webhook } from '../index.ts'
import type { FullAnswer } from './shared/answer.ts'
import { createGuard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import { toIncomingRequest } from './shared/node.ts'

/**
 * For the `upgrade` event of a server of Node.js: resolves with the webhook where the handshake verifies (in `observe` mode
 * always), and only then may the connection be upgraded. Else it has been answered already, and resolves with `undefined`.
 */
export function twilioUpgrade<M extends Mode = 'enforce'>(
  options: OptionsSource<OptionsFor<M>>,
): (req: IncomingMessage, socket: Duplex, head: Uint8Array) => Promise<Webhook<M> | undefined> {
  const guard = createGuard(options)
  return async (req, socket) => {
    // Node.js leaves the socket to us: an error that nobody listens for would end the process.
    const leave = (): void => void socket.destroy()
    socket.on('error', leave).on('end', leave)
    const outcome = await guard.check(() => toHandshake(req), req)
    const { webhook } = outcome
    if (webhook === undefined) {
      sendAnswer(socket, outcome.answer)
      return undefined
    }
    if (!socket.writable) {
      release(webhook)
      return undefined
    }
    socket.off('error', leave).off('end', leave)
    return webhook as Webhook<M>
  }
}

/** A request behind `createVerifyClient`, as `ws` hands it to listeners of `connection`. */
export type UpgradeRequest<M extends Mode = 'enforce'> = IncomingMessage & { twilio: Webhook<M> }

export type VerifyClient = (
  info: { readonly req: IncomingMessage },
  callback: (accepted: boolean, status?: number, body?: string, headers?: Record<string, string>) => void,
) => void

/** The option `verifyClient` of a `WebSocketServer` of `ws`. The webhook is in `req.twilio` of the accepted request. */
export function createVerifyClient<M extends Mode = 'enforce'>(options: OptionsSource<OptionsFor<M>>): VerifyClient {
  const guard = createGuard(options)
  const verify = async (req: IncomingMessage): Promise<FullAnswer | undefined> => {
    const outcome = await guard.check(() => toHandshake(req), req)
    if (outcome.webhook === undefined) return outcome.answer
    if (!req.socket.writable) release(outcome.webhook)
    Object.assign(req, { twilio: outcome.webhook })
    return undefined
  }
  // Two parameters: by their number ws knows that it has to wait.
  return ({ req }, callback) => {
    const { socket } = req
    const leave = (): void => void socket.destroy()
    socket.on('end', leave)
    void verify(req).then((answer) => {
      socket.off('end', leave)
      if (answer === undefined) callback(true)
      else callback(false, answer.status, answer.body, spellHeaders(answer.headers))
    })
  }
}

/** An upgrade, whatever it is to: the verifier refuses what asks for no WebSocket. */
function toHandshake(req: IncomingMessage): IncomingRequest {
  return { ...toIncomingRequest(req, req.url, undefined), handshake: true }
}

/** Answers on the socket itself, for there is no response object yet. */
function sendAnswer(socket: Duplex, { status, headers, body }: FullAnswer): void {
  if (!socket.writable) return void socket.destroy()
  const lines = Object.entries({
    ...spellHeaders(headers),
    Connection: 'close',
    'Content-Length': Buffer.byteLength(body),
  })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  // The other side need not close: its half of the connection must not stay open.
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`)
}

/** The header fields in the spelling that `ws` has for its own, which they then replace. */
function spellHeaders(headers: FullAnswer['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [capitalize(name), value]))
}

function capitalize(name: string): string {
  return name.toLowerCase().replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}

function release(webhook: Accepted | Observed): void {
  if (webhook.ok) webhook.release().catch(() => undefined)
}
