/** The header fields of a request, sorted by who needs them, in one pass. */
export interface RequestHead {
  /** Why nothing of it may be used; answered 400. */
  fault: string | undefined
  readonly host: string
  /** What a verifier reads. A repeated field is a list, so that it can refuse it. */
  readonly verified: VerifiedFields
  /** Names and values for the upstream, alternating, spelled and ordered as they came. */
  readonly forwarded: string[]
  /** The announced length of the body; `undefined` for a chunked one, 0 for none. */
  readonly bodyLength: number | undefined
  readonly expectsContinue: boolean
}

type Field = string | readonly string[] | undefined

type VerifiedFields = Record<VerifiedName, Field>

type VerifiedName =
  | 'host'
  | 'x-twilio-signature'
  | 'x-twilio-webhooks-signature-settings'
  | 'content-type'
  | 'content-encoding'
  | 'content-length'
  | 'connection'
  | 'upgrade'

type Kind =
  | 'plain'
  /** Means this connection only: RFC 9110 section 7.6.1. */
  | 'hop'
  /** Says what only the gateway may say. */
  | 'ours'
  /** Read by the verifier, and forwarded. */
  | 'verified'
  /** Could be taken for another. */
  | 'double'
  | 'host'
  | 'length'
  | 'coding'
  | 'connection'
  | 'upgrade'
  | 'expect'

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['host', 'host'],
  ['content-length', 'length'],
  ['transfer-encoding', 'coding'],
  ['connection', 'connection'],
  ['upgrade', 'upgrade'],
  ['expect', 'expect'],
  ['x-twilio-signature', 'verified'],
  ['x-twilio-webhooks-signature-settings', 'verified'],
  ['content-type', 'verified'],
  ['content-encoding', 'verified'],
  ['keep-alive', 'hop'],
  ['proxy-connection', 'hop'],
  ['proxy-authenticate', 'hop'],
  ['proxy-authorization', 'hop'],
  ['te', 'hop'],
  // The body is passed on whole, with its length: nothing can follow it.
  ['trailer', 'hop'],
  // CGI and its heirs read them as if they had a hyphen.
  ['content_length', 'double'],
  ['transfer_encoding', 'double'],
])

interface Name {
  readonly lower: string
  readonly kind: Kind
}

const maxNames = 500
const names = new Map<string, Name>()

/** Senders use the same few spellings again and again. A hostile one only fills the map up. */
function readName(spelled: string): Name {
  const known = names.get(spelled)
  if (known !== undefined) return known
  const lower = spelled.toLowerCase()
  const kind = kinds.get(lower) ?? (/^tollgate[-_]/.test(lower) ? 'ours' : 'plain')
  const name = { lower, kind }
  if (names.size < maxNames) names.set(spelled, name)
  return name
}

/** @param rawHeaders names and values, alternating, as Node.js gives them. */
export function readHead(rawHeaders: readonly string[], httpVersion: string): RequestHead {
  const verified: VerifiedFields = {
    host: undefined,
    'x-twilio-signature': undefined,
    'x-twilio-webhooks-signature-settings': undefined,
    'content-type': undefined,
    'content-encoding': undefined,
    'content-length': undefined,
    connection: undefined,
    upgrade: undefined,
  }
  const forwarded: string[] = []
  let coding: string | undefined
  let codings = 0
  let expect = ''
  let hasDouble = false
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const spelled = rawHeaders[index] as string
    const value = rawHeaders[index + 1] as string
    const { lower, kind } = readName(spelled)
    switch (kind) {
      case 'plain':
        forwarded.push(spelled, value)
        break
      case 'host':
      case 'length':
      case 'verified':
        forwarded.push(spelled, value)
        add(verified, lower as VerifiedName, value)
        break
      case 'connection':
      case 'upgrade':
        add(verified, lower as VerifiedName, value)
        break
      case 'double':
        hasDouble = true
        break
      case 'coding':
        coding = value
        codings++
        break
      case 'expect':
        expect = value
        break
      default:
    }
  }
  const { host, connection } = verified
  const length = verified['content-length']
  return {
    fault: hasDouble ? 'an underscore' : findFault(verified, codings, coding, httpVersion),
    host: typeof host === 'string' ? host : '',
    verified,
    forwarded: connection === undefined ? forwarded : dropNominated(forwarded, connection),
    bodyLength: coding === undefined ? Number(length ?? 0) : undefined,
    expectsContinue: expect.toLowerCase() === '100-continue',
  }
}

function add(fields: VerifiedFields, name: VerifiedName, value: string): void {
  const known = fields[name]
  fields[name] = known === undefined ? value : typeof known === 'string' ? [known, value] : [...known, value]
}

/** What could be read in two ways is read in none. Node.js refuses most of it before; this holds whatever its version. */
function findFault(
  fields: VerifiedFields,
  codings: number,
  coding: string | undefined,
  httpVersion: string,
): string | undefined {
  const length = fields['content-length']
  if (typeof fields.host !== 'string' || fields.host === '') return 'not exactly one Host'
  if (length !== undefined && (typeof length !== 'string' || !/^\d{1,15}$/.test(length))) return 'Content-Length'
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'HTTP version'
  if (codings === 0) return undefined
  if (length !== undefined) return 'Content-Length with Transfer-Encoding'
  if (codings > 1 || coding?.toLowerCase() !== 'chunked') return 'Transfer-Encoding is not "chunked"'
  return httpVersion === '1.1' ? undefined : 'Transfer-Encoding before HTTP/1.1'
}

/** Fields that Connection names belong to it. Those that say where the message goes and ends cannot be taken away. */
function dropNominated(forwarded: string[], connection: Field): string[] {
  if (typeof connection === 'string' && /^(keep-alive|close|upgrade)$/i.test(connection)) return forwarded
  const options = new Set(
    [connection]
      .flat()
      .join(',')
      .split(',')
      .map((option) => option.trim().toLowerCase()),
  )
  for (const kept of ['host', 'content-length']) options.delete(kept)
  const rest: string[] = []
  for (let index = 0; index < forwarded.length; index += 2) {
    const name = forwarded[index] as string
    if (!options.has(name.toLowerCase())) rest.push(name, forwarded[index + 1] as string)
  }
  return rest
}
