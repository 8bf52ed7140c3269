import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { isCrowded } from './client-sockets.ts'
import { formatFields } from './fields.ts'

const statuses = [400, 404, 408, 413, 415, 417, 431, 500, 502, 503, 504, 508]

/**
 * The texts of all answers that the gateway gives itself, by status. All answers 403 have the same
 * text, so that a client learns nothing from it.
 */
export const answerTexts: Readonly<Record<number, string>> = {
  ...Object.fromEntries(statuses.map((status) => [status, STATUS_CODES[status] ?? ''])),
  403: 'Twilio Request Validation Failed.',
}

/** Returns the body of an answer that the gateway gives itself. */
export function getAnswerText(status: number): string {
  return answerTexts[status] ?? ''
}

/**
 * Gives an answer of the gateway itself.
 * @param mayStay allows another request on the connection
 * @param bodyLength the announced length of the request's body. `undefined` if it is chunked.
 * @param more further header fields
 * @returns the header fields that were sent
 */
export function answerRequest(
  res: ServerResponse,
  status: number,
  mayStay: boolean,
  bodyLength: number | undefined,
  more: readonly string[] = [],
): readonly string[] {
  const { req } = res
  const isWelcome = mayStay && (status < 400 || !isCrowded(req.socket))
  const isKept = isWelcome && (req.complete || (bodyLength !== undefined && bodyLength <= smallBody))
  if (!isKept && !req.complete) lingerOnClose(req)
  const fields = [...listAnswerFields(status, !isKept), ...more]
  res.writeHead(status, fields).end(getAnswerText(status))
  return fields
}

/** Returns the header fields of an answer that the gateway gives itself. */
export function listAnswerFields(status: number, close: boolean): string[] {
  const length = String(getAnswerText(status).length)
  const fields = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', length, 'Cache-Control', 'no-store']
  return close ? [...fields, 'Connection', 'close'] : fields
}

/** Up to this many unread bytes are read to keep the connection open. */
const smallBody = 64 * 1024

const lingerMs = 500

/**
 * Half-closes the connection after the answer and reads on for a moment. Closing it with unread
 * bytes would cause a reset, and the client could lose the answer.
 */
function lingerOnClose(req: IncomingMessage): void {
  const { socket } = req
  let rest = 256 * 1024
  socket.destroySoon = () => {
    socket.end()
    const timer = setTimeout(() => socket.destroy(), lingerMs)
    socket.once('close', () => clearTimeout(timer))
    req.on('data', (chunk: Uint8Array) => {
      rest -= chunk.length
      if (rest < 0) socket.destroy()
    })
  }
}

/** Answers on a socket without a response object, and closes it. */
export function answerOnSocket(socket: Socket, status: number): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  socket.once('finish', () => socket.destroy())
  socket.end(formatHead(status, STATUS_CODES[status] ?? '', listAnswerFields(status, true)) + getAnswerText(status))
}

/** Formats the head of an answer, to be written as Latin-1. */
export function formatHead(status: number, statusText: string, fields: readonly string[]): string {
  return `HTTP/1.1 ${status} ${statusText}\r\n${formatFields(fields)}\r\n`
}
