import { stat } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import type { Cause, DiagnoseOptions } from 'tollgate/diagnose'
import { findHeader, type RecordedRequest } from 'tollgate/internal'
import type { Args } from './args.ts'
import { type Flags, takeList } from './commands/command.ts'
import { type Colors, cleanText, type Io, tell } from './io.ts'
import { readText } from './read-text.ts'
import { otherSchemes } from './schemes/keys.ts'
import { readOtherTokens } from './secrets.ts'

export const guessFlags: Flags = {
  'other-url': takeList('URL', 'The URL that is configured at Twilio, whole; repeatable'),
  'other-key-file': takeList(
    'FILE',
    `Auth Tokens that may have signed, one per line, as TOKEN or NAME=TOKEN; or a key of another webhook of ${otherSchemes.map(({ title }) => title).join(' or ')}; repeatable`,
  ),
}

export async function readGuesses(args: Args, io: Io): Promise<DiagnoseOptions> {
  return {
    otherTokens: await readOtherTokens(args.list('other-key-file'), io),
    otherUrls: args.list('other-url'),
  }
}

/**
 * Reads the Auth Tokens of the file of `--dotenv`, or of `.env` in this folder, that the request was
 * not checked with: a variable that is set already wins over the file, and the last of several lines
 * over the others.
 * @param checked the Auth Tokens that the request is checked with
 * @returns the tokens by the line that has them
 */
export async function readTokensOfDotenv(
  args: Args,
  io: Io,
  checked: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const path = args.text('dotenv') ?? '.env'
  // The user did not name this file. To read a pipe of that name would wait for its writer.
  const file = path === '-' ? undefined : await stat(path).catch(() => undefined)
  if (file?.isFile() !== true || file.size > 65_536) return {}
  const text = await readText(io, path, '--dotenv', { secret: true }).catch(() => '')
  const tokens: Record<string, string> = {}
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const token = /^\s*(?:export\s+)?TWILIO_AUTH_TOKEN\s*=/.test(line) ? parseEnv(line).TWILIO_AUTH_TOKEN : undefined
    if (token === undefined || !/^[0-9a-f]{32}$/.test(token) || checked.includes(token)) continue
    tokens[`TWILIO_AUTH_TOKEN in line ${index + 1} of ${args.has('dotenv') ? 'the file of --dotenv' : '.env'}`] = token
  }
  const names = Object.keys(tokens).slice(0, 8)
  for (const name of names)
    tell(
      io,
      `Also trying another Auth Token, ${name}. A variable that is set wins over the file, and a later line over this one.`,
    )
  return Object.fromEntries(names.map((name) => [name, tokens[name] ?? '']))
}

/** Returns the mark of a log that cut the body of a copy: … at its end, or dots if more bytes were announced. */
export function findCutMark(given: RecordedRequest): string | undefined {
  const { headers, body, bodyDecoded } = given
  const mark = readMark(given)
  // A message may end in dots, and one value of a form in "…".
  const isSure = (mark === '…' && bodyDecoded !== true) || isLonger(findHeader(headers, 'content-length'), body)
  return isSure ? mark : undefined
}

/** Reads the end of the body. In a form that a program had parsed, a log may have cut each value. */
function readMark({ headers, body, bodyDecoded }: RecordedRequest): string | undefined {
  const text = new TextDecoder().decode(body)
  if (bodyDecoded !== true) return cutEnd.exec(text)?.[0]
  const isForm = /^application\/x-www-form-urlencoded/i.test(findHeader(headers, 'content-type') ?? '')
  const values = isForm ? [...new URLSearchParams(text).values()] : []
  return values.map((value) => cutEnd.exec(value)?.[0]).find((mark) => mark !== undefined)
}

const cutEnd = /(?:…|\.\.\.)$/

function isLonger(length: string | undefined, body: Uint8Array | undefined): boolean {
  return length !== undefined && body !== undefined && /^\d{1,9}$/.test(length) && Number(length) > body.length
}

/** Says what a copy has of its body, if its length or its end shows that this is not the whole. */
export function describeCut(given: RecordedRequest): string | undefined {
  const { headers, body, bodyDecoded } = given
  if (body === undefined) return undefined
  const length = findHeader(headers, 'content-length')
  // A form that was written again may be a little shorter.
  const isShort = bodyDecoded !== true && isLonger(length, body)
  const mark = findCutMark(given)
  if (!isShort && mark === undefined) return undefined
  const what = bodyDecoded === true ? ', and a value ends in' : ', which end in'
  const end = mark === undefined ? '' : `${what} "${mark}"`
  const announced = isLonger(length, body) ? `${mark === undefined ? '' : ','} and its Content-Length is ${length}` : ''
  return `This copy has ${body.length} bytes of the body${end}${announced}: a log may have cut it.`
}

export function formatCauses(causes: readonly Cause<string>[], colors: Colors): string[] {
  const width = Math.max(...causes.map(({ id }) => id.length))
  return causes.map(({ id, detail }) => `  ${colors.bold(id.padEnd(width))}  ${toLine(detail)}`)
}

export function formatFixes(causes: readonly Cause<string>[]): string[] {
  return listFixes(causes).map((fix, index) => `  ${index + 1}. ${fix.replaceAll('\n', '\n     ')}`)
}

/** Lists the fixes, each in one line or two with a choice, without those with which another begins. */
export function listFixes(causes: readonly Cause<string>[]): string[] {
  const fixes = [...new Set(causes.map(({ fix }) => fix.split('\n').map(toLine).join('\n')))]
  return fixes.filter((fix) => !fixes.some((other) => other !== fix && other.startsWith(fix)))
}

function toLine(text: string): string {
  return cleanText(text).replace(/\s*\n\s*/g, ' ')
}
