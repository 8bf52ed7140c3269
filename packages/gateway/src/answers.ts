import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { formatFields } from './fields.ts'

// One text for every 403, so that callers learn nothing from it.
const texts: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Twilio Request Validation Failed.',
  404: 'Not Found',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

export function textOf(status: number): string {
  return texts[status] ?? ''
}

/** The header fields of an answer that the gateway gives itself. */
export function listAnswerFields(status: number, close: boolean): string[] {
  const fields = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(textOf(status).length)]
  fields.push('Cache-Control', 'no-store')
  if (close) fields.push('Connection', 'close')
  return fields
}

/** Left-over bytes up to this many are worth reading for the sake of the connection. */
const smallBody = 64 * 1024

/**
 * Whether the connection can be used again after an answer that came before the end of the request. Closing it with bytes unread
 * would take the answer away from the client.
 */
export function canKeepOpen(req: IncomingMessage, bodyLength: number | undefined): boolean {
  return req.complete || (bodyLength !== undefined && bodyLength <= smallBody)
}

const lingerMs = 500

/** Half-closes, and reads on for a moment: a reset because of unread bytes would overtake the answer. */
export function lingerOnClose(req: IncomingMessage): void {
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

/** Answers where there is no response object. */
export function answerOnSocket(socket: Socket, status: number): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  socket.once('finish', () => socket.destroy())
  socket.end(formatHead(status, STATUS_CODES[status] ?? '', listAnswerFields(status, true)) + textOf(status))
}

/** The bytes of a head, as Latin-1. */
export function formatHead(status: number, statusText: string, fields: readonly string[]): string {
  return `HTTP/1.1 ${status} ${statusText}\r\n${formatFields(fields)}\r\n`
}
