import type { Readable, Writable } from 'node:stream'
import { createColors } from 'picocolors'

export type Colors = ReturnType<typeof createColors>

/** The streams and environment that a command may use. It uses no others. */
export interface Io {
  /** Read only if a flag or the command asks for standard input. */
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined }
  /** Receives data, for a pipe: results, and the document of `--json`. */
  readonly stdout: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }
  /** Receives messages for people: errors, hints and progress. */
  readonly stderr: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }
  /** Environment variables, such as `TWILIO_AUTH_TOKEN`, `NO_COLOR` and `SHELL`. */
  readonly env: Readonly<Record<string, string | undefined>>
}

export function processIo(): Io {
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env }
}

/** Writes data to standard output. */
export function print(io: Io, text: string): void {
  io.stdout.write(`${text}\n`)
}

/** Writes a message for people to standard error. */
export function tell(io: Io, text: string): void {
  io.stderr.write(`${text}\n`)
}

export function printJson(io: Io, value: unknown): void {
  print(io, JSON.stringify(value, undefined, 2))
}

/** Follows https://no-color.org and https://force-color.org. NO_COLOR wins over FORCE_COLOR. */
export function colorsFor(stream: Io['stdout'], env: Io['env']): Colors {
  return createColors(wantsColors(stream, env))
}

function wantsColors(stream: Io['stdout'], env: Io['env']): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return stream.isTTY === true && env.TERM !== 'dumb'
}

/** Replaces control characters, which could control the terminal. Line ends and tabs stay. */
export function cleanText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/(?![\n\t])\p{Cc}/gu, '�')
}

/** Hides the query, which may hold message texts, and the userinfo, which may hold a password. */
export function hideQuery(url: string): string {
  return cleanText(url.replace(/\?.*$/s, '?…').replace(/\/\/[^/?#]*@/, '//'))
}
