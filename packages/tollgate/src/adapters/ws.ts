import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { IncomingRequest, Webhook, WebhookSource } from '../index.ts'
import type { FullAnswer } from './shared/answer.ts'
import { createGuard, type GuardOptions, type OptionsSource } from './shared/guard.ts'
import { toIncomingRequest } from './shared/node.ts'
import { createPathGuard, type PathOptions } from './shared/path-guard.ts'
import { findTarget } from './shared/routed.ts'
import { settle } from './shared/settle.ts'

/** The options of `twilioUpgrade` and `createVerifyClient`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S> & PathOptions

/**
 * Creates a function that verifies a handshake, for the `upgrade` event of a Node.js server.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @returns a function that resolves with the webhook if the handshake verifies, and in `observe`
 *   mode always: then upgrade the connection. If it resolves with `undefined`, the handshake was
 *   refused and answered. With `paths`, it resolves with `null` if the path is not guarded: then
 *   nothing was verified or answered, and you decide about the upgrade.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioUpgrade<S extends WebhookSource = 'enforce'>(
  options?: OptionsSource<GuardOptions<S> & { readonly paths?: undefined }>,
): (req: IncomingMessage, socket: Duplex, head: Uint8Array) => Promise<Webhook<S> | undefined>
export function twilioUpgrade<S extends WebhookSource = 'enforce'>(
  options: OptionsSource<TwilioWebhookOptions<S>>,
): (req: IncomingMessage, socket: Duplex, head: Uint8Array) => Promise<Webhook<S> | null | undefined>
export function twilioUpgrade<S extends WebhookSource = 'enforce'>(
  options: OptionsSource<TwilioWebhookOptions<S>> = {},
): (req: IncomingMessage, socket: Duplex, head: Uint8Array) => Promise<Webhook<S> | null | undefined> {
  const paths = createPathGuard(options)
  const guard = createGuard(paths.verifierOptions)
  return async (req, socket) => {
    if (!paths.guards(findTarget(req.url), () => [req.url], undefined)) return null
    // Node.js has no listener of its own on the socket here. An error without a listener would end
    // the process.
    const leave = (): void => void socket.destroy()
    socket.on('error', leave).on('end', leave)
    const outcome = await guard.check(() => toHandshake(req), req)
    const { webhook } = outcome
    if (webhook === undefined) {
      sendAnswer(socket, outcome.answer)
      return undefined
    }
    void settle(webhook, socket.writable ? 101 : undefined)
    if (!socket.writable) return undefined
    socket.off('error', leave).off('end', leave)
    return webhook as Webhook<S>
  }
}

/**
 * A request that `createVerifyClient` accepted, as listeners of `connection` get it. `twilio` is
 * missing if the option `paths` leaves out its path.
 */
export type UpgradeRequest<S extends WebhookSource = 'enforce'> = IncomingMessage & { twilio: Webhook<S> }

/**
 * The type of the option `verifyClient` of `ws`.
 * @param info What `ws` knows about the handshake. Only the request is read.
 * @param callback Accepts the handshake, or refuses it with this status, body and headers.
 */
export type VerifyClient = (
  info: { readonly req: IncomingMessage },
  callback: (accepted: boolean, status?: number, body?: string, headers?: Record<string, string>) => void,
) => void

/**
 * Creates the option `verifyClient` of a `WebSocketServer` of `ws`. The webhook is in `req.twilio`
 * of an accepted request. With `paths`, handshakes for other paths are accepted unverified, without
 * `req.twilio`.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function createVerifyClient<S extends WebhookSource = 'enforce'>(
  options: OptionsSource<TwilioWebhookOptions<S>> = {},
): VerifyClient {
  const paths = createPathGuard(options)
  const guard = createGuard(paths.verifierOptions)
  const verify = async (req: IncomingMessage): Promise<FullAnswer | undefined> => {
    const outcome = await guard.check(() => toHandshake(req), req)
    if (outcome.webhook === undefined) return outcome.answer
    void settle(outcome.webhook, req.socket.writable ? 101 : undefined)
    Object.assign(req, { twilio: outcome.webhook })
    return undefined
  }
  // ws waits for the callback because this function has two parameters.
  return ({ req }, callback) => {
    if (!paths.guards(findTarget(req.url), () => [req.url], undefined)) return callback(true)
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

/**
 * Marks every upgrade as a handshake. The verifier refuses those to other protocols than WebSocket.
 */
function toHandshake(req: IncomingMessage): IncomingRequest {
  return { ...toIncomingRequest(req, findTarget(req.url), undefined), handshake: true }
}

/** Writes an answer to the socket, because an upgrade has no response object. */
function sendAnswer(socket: Duplex, { status, headers, body }: FullAnswer): void {
  if (!socket.writable) return void socket.destroy()
  const lines = Object.entries({
    ...spellHeaders(headers),
    Connection: 'close',
    'Content-Length': Buffer.byteLength(body),
  })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  // The client may not close its side, so the connection is closed as soon as the answer is sent.
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`)
}

/** Writes the names of header fields as `ws` does, so that they replace the fields of `ws`. */
function spellHeaders(headers: FullAnswer['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [capitalize(name), value]))
}

function capitalize(name: string): string {
  return name.toLowerCase().replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}
