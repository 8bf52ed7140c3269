import { randomBytes } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { escapeHidden, showHidden } from 'tollgate/internal'

/** The codes that begin and end each style in a terminal. */
const styles = { red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39], bold: [1, 22] } as const

/** Functions that colour a text for `print` and `tell`. */
export type Colors = Readonly<Record<keyof typeof styles, (text: string) => string>>

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
  /** Every variable of the file of `--dotenv`. Only names that the user's configuration has count. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined
}

/** Writes data to standard output. */
export function print(io: Io, text: string): void {
  io.stdout.write(toOutput(text))
}

/** Writes a message for people to standard error. */
export function tell(io: Io, text: string): void {
  io.stderr.write(toOutput(text))
}

export function printJson(io: Io, value: unknown): void {
  print(io, escapeHidden(JSON.stringify(value, undefined, 2)))
}

// Stands for the start of a colour's sequence until the text is written. Strangers cannot guess it.
const colorMark = `color-${randomBytes(16).toString('hex')}[`

/** The filter of all output but the help: of what could act in a terminal, only the colours of `colorsFor` are left. */
function toOutput(text: string): string {
  return `${cleanText(text).replaceAll(colorMark, '\x1b[')}\n`
}

/** Follows https://no-color.org and https://force-color.org. NO_COLOR wins over FORCE_COLOR. */
export function colorsFor(stream: Io['stdout'], env: Io['env']): Colors {
  const isColored = wantsColors(stream, env)
  const paint = (begin: number, end: number) => (text: string) =>
    isColored ? `${colorMark}${begin}m${cleanText(text)}${colorMark}${end}m` : cleanText(text)
  return Object.fromEntries(Object.entries(styles).map(([name, [begin, end]]) => [name, paint(begin, end)])) as Colors
}

function wantsColors(stream: Io['stdout'], env: Io['env']): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return stream.isTTY === true && env.TERM !== 'dumb'
}

/** Shows the characters that could control the terminal or hide text. Line ends and tabs stay. */
export function cleanText(text: string): string {
  return showHidden(text.replace(/\r\n/g, '\n'))
}

/** Quotes a word for a POSIX shell, unless it is plain. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${cleanText(word).replaceAll("'", "'\\''")}'`
}

/** Hides the query, which may hold message texts, and the userinfo, which may hold a password. */
export function hideQuery(url: string): string {
  return cleanText(url.replace(/\?.*$/s, '?…').replace(/\/\/[^/?#]*@/, '//'))
}
