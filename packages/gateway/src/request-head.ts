import { FieldNames } from './field-names.ts'
import { dropNominated, formatFields } from './fields.ts'

/** The header fields of a request, sorted by who needs them, in one pass. */
export interface RequestHead {
  /** Why nothing of it may be used; answered 400. */
  fault: string | undefined
  readonly host: string
  /** What a verifier reads. A repeated field is a list, so that it can refuse it. */
  readonly verified: VerifiedFields
  /** For the upstream: lines, spelled and ordered as they came. */
  readonly lines: string
  /** The announced length of the body; `undefined` for a chunked one, 0 for none. */
  readonly bodyLength: number | undefined
  readonly expectsContinue: boolean
}

type Field = string | readonly string[] | undefined

export type VerifiedFields = Record<VerifiedName, Field>

export type VerifiedName =
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

const requestFields = new FieldNames<Kind>(
  (lower) => kinds.get(lower) ?? (/^tollgate[-_]/.test(lower) ? 'ours' : 'plain'),
)

/** @param rawHeaders names and values, alternating, as Node.js gives them. */
export function readHead(rawHeaders: readonly string[], httpVersion: string): RequestHead {
  const verified = createVerifiedFields()
  const forwarded: string[] = []
  let coding: string | undefined
  let codings = 0
  let expect = ''
  let hasDouble = false
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const spelled = rawHeaders[index] as string
    const value = rawHeaders[index + 1] as string
    const { lower, kind } = requestFields.find(spelled)
    switch (kind) {
      case 'plain':
        forwarded.push(spelled, value)
        break
      case 'host':
      case 'length':
      case 'verified':
        forwarded.push(spelled, value)
        addField(verified, lower as VerifiedName, value)
        break
      case 'connection':
      case 'upgrade':
        addField(verified, lower as VerifiedName, value)
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
    lines: formatFields(isSimple(connection) ? forwarded : dropNominated(forwarded, [connection].flat().join(','))),
    bodyLength: coding === undefined ? Number(length ?? 0) : undefined,
    expectsContinue: expect.toLowerCase() === '100-continue',
  }
}

function createVerifiedFields(): VerifiedFields {
  return {
    host: undefined,
    'x-twilio-signature': undefined,
    'x-twilio-webhooks-signature-settings': undefined,
    'content-type': undefined,
    'content-encoding': undefined,
    'content-length': undefined,
    connection: undefined,
    upgrade: undefined,
  }
}

function addField(fields: VerifiedFields, name: VerifiedName, value: string): void {
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

/** Whether Connection names no field. */
function isSimple(connection: Field): boolean {
  return (
    connection === undefined || (typeof connection === 'string' && /^(keep-alive|close|upgrade)$/i.test(connection))
  )
}
