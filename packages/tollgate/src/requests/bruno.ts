import { serializeForm } from '../schemes/twilio/sign/form.ts'
import { RequestError } from './error.ts'
import { writeNotes } from './notes.ts'

const method = /^(get|post|put|patch|delete|head|options) \{\r?$/m

// The kinds of body, as the block of the method names them.
const bodies: Readonly<Record<string, readonly [block: string, type: string]>> = {
  formUrlEncoded: ['body:form-urlencoded', 'application/x-www-form-urlencoded'],
  json: ['body:json', 'application/json'],
  text: ['body:text', 'text/plain'],
}

/**
 * Writes the request of a Bruno file as raw HTTP. Other text stays as it is.
 * https://docs.usebruno.com/bru-lang/overview
 * @throws RequestError if the request has a variable or a body of another kind
 */
export function readBruno(text: string): string {
  const [, verb = ''] = method.exec(text) ?? []
  const blocks = verb === '' ? undefined : readBlocks(text)
  const head = new Map(readPairs(blocks?.get(verb)))
  const url = head.get('url')
  if (url === undefined) return text
  const kind = head.get('body') ?? 'none'
  const [block, type] = bodies[kind] ?? []
  if (kind !== 'none' && block === undefined)
    throw new RequestError(`its body is of a kind that Twilio does not send; send it as curl (Generate Code)`)
  const headers = readPairs(blocks?.get('headers'))
  const content = blocks?.get(block ?? '')
  const isForm = kind === 'formUrlEncoded'
  const body = isForm
    ? serializeForm(readPairs(content))
    : (content ?? []).map((line) => line.replace(/^ {2}/, '')).join('\n')
  if ([url, ...headers.flat(), body].some((part) => part.includes('{{')))
    throw new RequestError('it uses a variable ({{…}}): replace it with its value')
  if (type !== undefined && !headers.some(([name]) => /^content-type$/i.test(name)))
    headers.push(['Content-Type', type])
  return [
    ...(isForm ? writeNotes({ bodyDecoded: true, leftOut: [] }) : []),
    `${verb.toUpperCase()} ${url} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join('\n')
}

/** Reads blocks such as `headers {`, whose lines are indented. */
function readBlocks(text: string): ReadonlyMap<string, readonly string[]> {
  const blocks = new Map<string, string[]>()
  let open: string[] | undefined
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^([a-z][a-z:-]{0,40}) \{$/.exec(line) ?? []
    if (line === '}') open = undefined
    else if (open !== undefined) open.push(line)
    else if (name !== undefined) {
      open = []
      blocks.set(name, open)
    }
  }
  return blocks
}

/** Reads lines such as `name: value`. A line that begins with ~ is switched off. */
function readPairs(lines: readonly string[] = []): [string, string][] {
  return lines.flatMap((line): [string, string][] => {
    const [, name, value = ''] = /^ {2}([^~\s:][^:]{0,200}): ?(.*)$/.exec(line) ?? []
    return name === undefined ? [] : [[name, value]]
  })
}
