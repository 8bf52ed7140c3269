import { readFileSync, statSync } from 'node:fs'
import type { Args } from '../args.ts'
import { type Flags, inGroup } from '../commands/command.ts'
import { UsageError } from '../exit.ts'
import { type Io, tell } from '../io.ts'
import { decodeText, readBytes, toUtf8 } from '../read-text.ts'
import { findCurl, parseCurl } from './curl.ts'
import { flagNames, readFlags, requestFlags } from './flags.ts'
import { isHar, parseCapture, parseHar, parseJson } from './json-inputs.ts'
import { readPasted } from './pasted.ts'
import { looksLikeRawHttp, parseRawHttp } from './raw-http.ts'
import type { GivenRequest } from './request.ts'

export const inputFlags: Flags = {
  ...inGroup('The request, one of:', {
    curl: { type: 'text', value: 'FILE|-', describe: "A curl command, as browsers and Twilio's console copy it" },
    raw: { type: 'text', value: 'FILE|-', describe: 'A raw HTTP request' },
    har: {
      type: 'text',
      value: 'FILE|-',
      describe: 'A HAR file; if it has several entries, choose one with --entry',
    },
    capture: {
      type: 'text',
      value: 'FILE|-',
      describe: "A request as JSON, { method, url, headers, body }, or the inspector's export",
    },
    entry: { type: 'text', value: 'N', describe: 'The number of the entry in the HAR file or the export, from 1' },
  }),
  ...requestFlags,
}

const sources = ['curl', 'raw', 'har', 'capture'] as const

type Source = (typeof sources)[number]

/** Says whether the flags or the argument give a request. */
export function hasRequest(args: Args): boolean {
  return [...sources, ...flagNames, 'word'].some((name) => args.has(name))
}

/**
 * Reads the request from the flags, or else from standard input.
 * @throws UsageError if there is no request, more than one, or a malformed one
 */
export async function readRequest(args: Args, io: Io): Promise<GivenRequest> {
  const source = args.only(sources) as Source | undefined
  const isPasted = args.text('word') === '-'
  if (args.text('word') !== undefined && !isPasted)
    throw new UsageError('The only argument besides the flags is "-", for standard input.')
  const flags = flagNames.filter((name) => args.has(name))
  if (flags.length > 0 && (source !== undefined || isPasted))
    throw new UsageError(`--${flags[0]} describes a request, and ${isPasted ? '"-"' : `--${source}`} gives another.`)
  if (isPasted && source !== undefined) throw new UsageError(`"-" and --${source} both give a request.`)
  if (args.has('entry') && source !== 'har' && source !== 'capture' && !isPasted)
    throw new UsageError('--entry needs --har FILE or --capture FILE.')
  if (flags.length > 0) return await readFlags(args, io)
  if (source !== undefined) {
    const flag = `--${source}`
    return parsers[source](await readBytes(io, args.text(source) ?? '', flag), flag, args)
  }
  return detect(await readPasted(io), args, io)
}

type Parse = (bytes: Uint8Array, flag: string, args: Args) => GivenRequest

const parsers: Readonly<Record<Source, Parse>> = {
  curl: (bytes, flag) => parseCurl(decodeText(bytes, flag), readNamedFile),
  raw: (bytes, flag, args) => parseRawHttp(toUtf8(bytes, flag), schemeOf(args)),
  har: (bytes, flag, args) => parseHar(parseJson(decodeText(bytes, flag), 'The HAR file'), readEntry(args)),
  capture: (bytes, flag, args) => parseCapture(parseJson(decodeText(bytes, flag), 'The capture'), readEntry(args)),
}

/** Detects the format of pasted text by its beginning. */
function detect(pasted: Uint8Array, args: Args, io: Io): GivenRequest {
  const bytes = toUtf8(pasted, '-')
  const latin = Buffer.from(bytes).toString('latin1')
  if (latin.trim() === '')
    throw new UsageError(
      'There is no request: use flags such as --url, give a file with --curl, or paste it to standard input.',
    )
  if (looksLikeRawHttp(latin)) return found(io, 'a raw HTTP request', () => parsers.raw(bytes, '-', args))
  const text = decodeText(bytes, '-')
  if (/^\s*[{[]/.test(text)) {
    const value = parseJson(text, 'The pasted text')
    return isHar(value)
      ? found(io, 'a HAR file', () => parseHar(value, readEntry(args)))
      : found(io, 'a request as JSON', () => parseCapture(value, readEntry(args)))
  }
  if (findCurl(text) !== undefined) return found(io, 'a curl command', () => parseCurl(text, readNamedFile))
  if (/Invoke-(?:WebRequest|RestMethod)|\bfetch\(/.test(text))
    throw new UsageError('This is a command for PowerShell or a fetch call; copy it as cURL (bash) or cURL (cmd).')
  throw new UsageError('This is not a curl command, a raw HTTP request, a HAR file or a JSON request.')
}

function found(io: Io, what: string, parse: () => GivenRequest): GivenRequest {
  tell(io, `Read ${what}.`)
  return parse()
}

function readEntry(args: Args): number | undefined {
  return args.integer('entry', 1, 1_000_000)
}

/** Chooses the scheme of a raw request, which names none. Twilio reaches most servers by https. */
function schemeOf(args: Args): string {
  return /^([a-z]+):\/\//i.exec(args.text('public-url') ?? '')?.[1] ?? 'https'
}

const maxBytes = 16 * 1024 * 1024

/** Reads a file that the curl command names with @, as curl would. */
function readNamedFile(path: string): Uint8Array {
  try {
    const { size } = statSync(path)
    if (size <= maxBytes) return readFileSync(path)
  } catch {
    throw new UsageError('The curl command reads its data from a file (@) that cannot be read here.')
  }
  throw new UsageError('The curl command reads its data from a file (@) that is larger than 16 MiB.')
}
