import { checkRequest, findHeader, type RecordedRequest, RequestError, schemes, splitUrl } from 'tollgate/internal'
import type { Args } from '../args.ts'
import { inGroup, takeList, takeText } from '../commands/command.ts'
import { UsageError } from '../exit.ts'
import type { Io } from '../io.ts'
import { readBytes } from '../read-text.ts'
import { findByFlags, otherSchemes } from '../schemes/keys.ts'

const titles = otherSchemes.map(({ title }) => title)

/** Returns the header with the time, if the scheme signs one. */
function findTimeHeader(headers: readonly string[]): string | undefined {
  return headers.find((name) => /-timestamp$/i.test(name))
}

const timed = otherSchemes.filter(({ headers }) => findTimeHeader(headers) !== undefined)

export const requestFlags = inGroup('Or the request as flags:', {
  url: takeText('URL', 'The URL that was requested'),
  method: takeText('METHOD', 'Default: POST with a body, GET without'),
  param: takeList('NAME=VALUE', 'A form parameter, not encoded; repeatable'),
  body: takeText('FILE|-', 'The raw body'),
  header: takeList("'NAME: VALUE'", 'A header; repeatable'),
  signature: takeText('TEXT', `The value of X-Twilio-Signature, or of ${titles.join(' or ')}`),
  timestamp: takeText('SECONDS', `The signed time, for a request of ${timed.map(({ title }) => title).join(' or ')}`),
})

export const flagNames: readonly string[] = Object.keys(requestFlags)

/** @param isCompared True if it is compared with a record of Twilio's, whose webhooks are POSTs unless they were changed. */
export async function readFlags(args: Args, io: Io, isCompared: boolean): Promise<RecordedRequest> {
  const url = args.text('url')
  if (url === undefined) throw new UsageError('--url is missing: the URL that was requested.')
  const headers: [string, string][] = parseHeaders(args.list('header'))
  const signature = args.text('signature')
  const timestamp = args.text('timestamp')
  const scheme = timestamp === undefined ? schemes[0] : (findByFlags(args) ?? timed[0] ?? schemes[0])
  if (timestamp !== undefined) headers.push([findTimeHeader(scheme.headers) ?? scheme.headers[0], timestamp])
  if (signature !== undefined) headers.push([scheme.headers[0], signature])
  const content = args.only(['param', 'body'])
  const body = content === undefined ? undefined : await readBody(args, io, content)
  const type = body?.contentType
  if (type !== undefined && findHeader(headers, 'content-type') === undefined) headers.push(['Content-Type', type])
  const authority = splitUrl(url)?.authority
  if (authority !== undefined && findHeader(headers, 'host') === undefined) headers.push(['Host', authority])
  const method = args.text('method')?.toUpperCase() ?? (body === undefined && !isCompared ? 'GET' : 'POST')
  if (method === 'GET' && content === 'param')
    throw new UsageError('--param belongs to a form, and a GET has no form: write the parameters into --url.')
  return checkGiven({ method, url, headers, body: body?.bytes }, '--url')
}

/** @throws UsageError that names the flag, for what no HTTP request can have */
export function checkGiven(given: RecordedRequest, flag: string): RecordedRequest {
  try {
    return checkRequest(given)
  } catch (error) {
    throw error instanceof RequestError ? new UsageError(`${flag}: ${error.reason}.`) : error
  }
}

interface Body {
  readonly bytes: Uint8Array
  readonly contentType: string
}

async function readBody(args: Args, io: Io, content: string): Promise<Body> {
  const form = 'application/x-www-form-urlencoded'
  if (content === 'param')
    return { bytes: Buffer.from(new URLSearchParams(args.pairs('param')).toString()), contentType: form }
  const bytes = await readBytes(io, args.text('body') ?? '', '--body')
  const isJson = /^\s*[{[]/.test(Buffer.from(bytes.subarray(0, 100)).toString('latin1'))
  return { bytes, contentType: isJson ? 'application/json' : form }
}

/** Parses `Name: value` lines. White space around the value is not part of it. */
export function parseHeaders(lines: readonly string[]): [name: string, value: string][] {
  return lines.map((line) => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/s.exec(line)
    const [, name = '', value = ''] = match ?? []
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this refuses control characters
    if (match === null || /[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw new UsageError("--header needs 'NAME: VALUE'.")
    return [name, value]
  })
}
