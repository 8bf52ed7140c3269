import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { IncomingRequest } from 'tollgate'
import {
  type FormName,
  findHeader,
  type HeaderList,
  listKeptRequests,
  type RecordedRequest,
  RequestError,
  readRequests,
  requestForms,
  schemes,
  splitUrl,
  toIncoming,
} from 'tollgate/internal'
import type { Args } from '../args.ts'
import { type Flags, inGroup, takeNothing, takeText } from '../commands/command.ts'
import { UsageError } from '../exit.ts'
import { hideQuery, type Io, print, quoteWord, tell } from '../io.ts'
import { readBytes } from '../read-text.ts'
import { flagNames, readFlags, requestFlags } from './flags.ts'
import { readPasted } from './pasted.ts'

const formNames = Object.keys(requestForms) as FormName[]
const severalNames = formNames.filter((name) => requestForms[name].hasSeveral)

function describeForms(names: readonly FormName[]): Flags {
  return Object.fromEntries(names.map((name) => [name, takeText('FILE|-', requestForms[name].describe)]))
}

const entryFlag: Flags = {
  entry: takeText('N', 'The number of the entry in the file, from 1'),
}

export const formFlags: Flags = {
  ...describeForms(formNames),
  ...entryFlag,
}

const lastFlag: Flags = {
  last: takeNothing('The last request that `diagnose` refused here; an earlier one with --entry N'),
}

export const inputFlags: Flags = { ...inGroup('The request, one of:', { ...formFlags, ...lastFlag }), ...requestFlags }

const { method: _, timestamp: _time, ...commonFlags } = requestFlags

/** The flags of `diagnose`, whose argument FILE has any form. */
export const fileFlags: Flags = {
  ...inGroup('The request, a FILE in any form, standard input, or:', {
    ...lastFlag,
    ...describeForms(['curl', 'har']),
    ...entryFlag,
  }),
  ...commonFlags,
}

export function hasForm(args: Args): boolean {
  return formNames.some((name) => args.has(name))
}

export function hasRequest(args: Args): boolean {
  return hasForm(args) || [...flagNames, 'word', 'last'].some((name) => args.has(name))
}

/** Writes a flag again, for a command to paste. `undefined` if it was not given. */
export function writeFlag(args: Args, name: string): string | undefined {
  const [value] = args.list(name)
  return value === undefined ? undefined : `--${name} ${quoteWord(value)}`
}

/**
 * Writes the flags that name the request again, for a command to paste: `--last`, or a file, with
 * the SharedKey but not its secret. `undefined` if the request came from standard input or from single flags.
 */
export function writeRequestFlags(args: Args): string | undefined {
  const isFile = [...formNames, 'word'].some((name) => ![undefined, '-'].includes(args.list(name)[0]))
  if (!args.has('last') && !isFile) return undefined
  const [file] = args.list('word').map(quoteWord)
  const words = [...formNames, 'entry', 'shared-key'].map((name) => writeFlag(args, name))
  return [args.has('last') ? '--last' : file, ...words].filter((word) => word !== undefined).join(' ')
}

const pastedCurls = new WeakSet<RecordedRequest>()

/** Writes what reads a request again: its flags, or `-` for one that is pasted once more. */
export function writeSource(args: Args, given: RecordedRequest): string {
  return writeRequestFlags(args) ?? (pastedCurls.has(given) ? '--curl -' : '-')
}

/**
 * Reads the request from the flags, or else from standard input.
 * @param isCompared True if it is compared with Twilio's record, and needs no headers.
 * @throws UsageError if there is no request, more than one, or a malformed one
 */
export async function readRequest(args: Args, io: Io, isCompared = false): Promise<RecordedRequest> {
  if (args.has('last')) return readLast(args, io)
  const form = args.only(formNames) as FormName | undefined
  const file = args.text('word')
  const flags = flagNames.filter((name) => args.has(name))
  if (flags.length > 0 && (form !== undefined || file !== undefined))
    throw new UsageError(
      `--${flags[0]} describes a request, and ${form === undefined ? nameArgument(file) : `--${form}`} gives another.`,
    )
  if (file !== undefined && form !== undefined)
    throw new UsageError(`${nameArgument(file)} and --${form} both give a request.`)
  if (args.has('entry') && file === undefined && (form === undefined || !severalNames.includes(form)))
    throw new UsageError('--entry needs a file that has several requests.')
  if (flags.length > 0) return await readFlags(args, io, isCompared)
  const path = form === undefined ? (file ?? '-') : (args.text(form) ?? '')
  const bytes =
    form === undefined && path === '-'
      ? await readPasted(io)
      : await readBytes(io, path, form === undefined ? 'FILE' : `--${form}`, { secret: form === undefined })
  if (form === undefined && !bytes.some((byte) => byte > 32))
    throw new UsageError('There is no request: give a file, use flags such as --url, or paste it to standard input.')
  const from = path === '-' ? 'Standard input' : form === undefined ? 'The file' : JSON.stringify(path)
  return takeOne(bytes, { form, from, isCompared }, args, io)
}

/** The argument may be a secret in the wrong place. */
function nameArgument(word: string | undefined): string {
  return word === '-' ? '"-"' : 'FILE'
}

/**
 * Converts the request to the form that a verifier got. Of a copy, the length may be wrong, but a
 * request of --last was kept as it arrived: its Content-Length says what was sent.
 */
export function toArrived(args: Args, given: RecordedRequest): IncomingRequest {
  const incoming = toIncoming(given)
  const length = args.has('last') ? findHeader(given.headers, 'content-length') : undefined
  return length === undefined ? incoming : { ...incoming, headers: { ...incoming.headers, 'content-length': length } }
}

const insteadOfLast =
  ' In place of --last, give the publicUrl of your server: --public-url URL compares it with what Twilio sent.'

function readLast(args: Args, io: Io): RecordedRequest {
  args.only([...formNames, ...flagNames, 'word', 'last'])
  const kept = listKeptRequests((name) => io.env[name])
  const entry = args.integer('entry', 1, 1_000_000) ?? 1
  const chosen = kept[entry - 1]
  const instead = args.has('alert') ? insteadOfLast : ''
  if (chosen === undefined)
    throw new UsageError(
      kept.length === 0
        ? `--last: no refused request was kept. \`diagnose\` of tollgate/diagnose keeps those that it cannot explain, outside production.${instead}`
        : `--entry: ${kept.length} requests were kept.`,
    )
  const from = `The request of ${new Date(chosen.time).toISOString()}`
  const [request] = asRefusal(() => readRequests(chosen.bytes, { form: 'capture', from })).requests
  if (request === undefined) throw new UsageError(`${from} has no entries.`)
  const read = asRefusal(() => checkMarks(request, from, io))
  // A newer refusal may have had a proven cause: the answer is about another request then.
  const which = `entry ${entry} of ${kept.length}; a refusal with a proven cause is not kept`
  const line = `${hideQuery(`${read.method} ${read.url}`)}, refused at ${new Date(chosen.time).toISOString()} (${which})`
  if (args.has('json')) tell(io, line)
  else print(io, line)
  // The URL was made with a public URL. Another one takes its place.
  const isOther = args.has('public-url') && findWholeUrl(args, read) === undefined
  return isOther && read.target !== undefined ? { ...read, url: read.target } : read
}

/**
 * Returns the public URL that was given, if it has the whole path of a request of --last: then it is
 * the URL of the webhook.
 */
export function findWholeUrl(args: Args, { url }: RecordedRequest): string | undefined {
  const given = args.has('last') ? args.text('public-url') : undefined
  const [path, own] = [given, url].map((one) => splitUrl(one ?? '')?.target.replace(/\?.*$/s, ''))
  return path === own && own !== '/' && own !== undefined ? given : undefined
}

interface Given {
  readonly form: FormName | undefined
  readonly from: string
  readonly isCompared: boolean
}

function takeOne(bytes: Uint8Array, given: Given, args: Args, io: Io): RecordedRequest {
  const { from } = given
  const options = { ...given, scheme: readScheme(args), readFile: readNamedFile }
  const { form, title, requests } = asRefusal(() => readRequests(bytes, options))
  if (given.form === undefined) tell(io, `Read ${title}.`)
  const entry = args.integer('entry', 1, 1_000_000)
  if (requests.length === 0) throw new UsageError(`${from} has no entries.`)
  const [first] = requests
  // No choice of an entry would help.
  if (
    first instanceof RequestError &&
    requests.every((one) => one instanceof RequestError && one.reason === first.reason)
  )
    throw new UsageError(first.message)
  const signed = requests.flatMap((one, index) =>
    one instanceof RequestError || findSignatureName(one.headers) === undefined ? [] : [index + 1],
  )
  const only = entry === undefined && requests.length > 1 && signed.length === 1 ? signed[0] : undefined
  if (only !== undefined)
    tell(io, `Of ${requests.length} entries, only entry ${only} has a signature (--entry ${only}).`)
  if (entry === undefined && only === undefined && requests.length > 1)
    throw new UsageError(`${from} has ${requests.length} entries; choose one with --entry N:\n${listEntries(requests)}`)
  const chosen = requests[(entry ?? only ?? 1) - 1]
  if (chosen === undefined) throw new UsageError(`--entry: ${from} has ${requests.length} entries.`)
  const read = asRefusal(() => checkMarks(chosen, from, io))
  if (form === 'curl') pastedCurls.add(read)
  return read
}

function checkMarks(request: RecordedRequest | RequestError, from: string, io: Io): RecordedRequest {
  if (request instanceof RequestError) throw request
  if (request.bodyTruncated)
    throw new UsageError(`${from} has only the beginning of the body, and a signature covers the whole body.`)
  if (request.bodyDecoded) tell(io, 'The body was written from decoded names and values: its bytes may differ.')
  return request
}

function asRefusal<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof RequestError ? new UsageError(error.message) : error
  }
}

function findSignatureName(headers: HeaderList): string | undefined {
  return schemes
    .map((scheme) => scheme.headers[0])
    .find((name) => findHeader(headers, name.toLowerCase()) !== undefined)
}

const mostListed = 50

function listEntries(requests: readonly (RecordedRequest | RequestError)[]): string {
  const lines = requests.slice(0, mostListed).map((request, index) => {
    if (request instanceof RequestError) return `  ${index + 1}  (${request.reason})`
    const { method, url, headers } = request
    const name = findSignatureName(headers)
    const mark = name === undefined ? '' : `  (has ${name})`
    return `  ${index + 1}  ${hideQuery(`${method} ${url}`)}${mark}`
  })
  if (requests.length > mostListed) lines.push(`  … and ${requests.length - mostListed} more`)
  return lines.join('\n')
}

/** Chooses the scheme of a raw request, which names none. Twilio reaches most servers by https. */
function readScheme(args: Args): string {
  return /^([a-z]+):\/\//i.exec(args.text('public-url') ?? '')?.[1] ?? 'https'
}

const maxBytes = 16 * 1024 * 1024

/**
 * Reads a file that the curl command names with @, as curl would. The command may be a stranger's, so
 * a device, a pipe, and a file of /proc that has no size and may never end are refused.
 */
function readNamedFile(path: string): Uint8Array {
  const bytes = tryReadFile(path)
  if (bytes === undefined)
    throw new UsageError('The curl command reads its data from a file (@) that cannot be read here.')
  if (bytes === 'too large')
    throw new UsageError('The curl command reads its data from a file (@) that is larger than 16 MiB.')
  return bytes
}

function tryReadFile(path: string): Uint8Array | 'too large' | undefined {
  let descriptor: number | undefined
  try {
    // Without O_NONBLOCK, opening a named pipe waits for its other end.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const file = fstatSync(descriptor)
    if (!file.isFile()) return undefined
    if (file.size > maxBytes) return 'too large'
    // A byte more than the size shows a file whose size is not known.
    const bytes = new Uint8Array(file.size + 1)
    let length = 0
    for (let read = 1; read > 0 && length < bytes.length; length += read)
      read = readSync(descriptor, bytes, length, bytes.length - length, null)
    return length > file.size ? undefined : bytes.subarray(0, length)
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
