import type { Readable, Writable } from 'node:stream'
import { createColors } from 'picocolors'

export type Colors = ReturnType<typeof createColors>

/** Everything that a command may touch of the process around it. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined }
  readonly stdout: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }
  readonly stderr: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }
  readonly env: Readonly<Record<string, string | undefined>>
}

export function processIo(): Io {
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env }
}

/** Data: what a pipe is to have. */
export function print(io: Io, text: string): void {
  io.stdout.write(`${text}\n`)
}

/** Talk: what a person is to read. */
export function tell(io: Io, text: string): void {
  io.stderr.write(`${text}\n`)
}

export function printJson(io: Io, value: unknown): void {
  print(io, JSON.stringify(value, undefined, 2))
}

/** https://no-color.org and https://force-color.org; of the two, NO_COLOR wins. */
export function colorsFor(stream: Io['stdout'], env: Io['env']): Colors {
  return createColors(wantsColors(stream, env))
}

function wantsColors(stream: Io['stdout'], env: Io['env']): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return stream.isTTY === true && env.TERM !== 'dumb'
}

/** Without the control characters by which foreign text could drive a terminal; line ends and tabs stay. */
export function cleanText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
  return text.replace(/\r\n/g, '\n').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '�')
}

/** Queries hold what people wrote, and userinfo a password. */
export function hideQuery(url: string): string {
  return cleanText(url.replace(/\?.*$/s, '?…').replace(/\/\/[^/?#]*@/, '//'))
}
