import { randomBytes } from 'node:crypto'
import { writeRequests } from 'tollgate/requests'
import {
  type SignedSendGridRequest,
  type SignSendGridRequestInput,
  sampleSendGridEvents,
  signSendGridRequest,
} from 'tollgate/testing'
import type { Args } from '../args.ts'
import { asUsageLater, EXIT, UsageError } from '../exit.ts'
import { checkGiven } from '../inputs/flags.ts'
import { type Io, print, printJson, tell } from '../io.ts'
import { decodeText, readBytes, readText } from '../read-text.ts'
import { parseHeaders } from '../sending/content.ts'
import type { Delivery } from '../sending/deliver.ts'
import { toAddress } from '../sending/prepare.ts'
import { sendgridKind } from './keys.ts'

// SendGrid signs no URL and no form, and has no Auth Token.
const otherFlags = [
  'set',
  'param',
  'form',
  'method',
  'public-url',
  'auth-token-file',
  'auth-token-stdin',
  'shared-key',
  'shared-key-file',
]

/** Reads what to sign from the flags. Each call of the result makes another batch. */
async function readSendGrid(args: Args, io: Io): Promise<(url: string) => Promise<SignedSendGridRequest>> {
  const other = otherFlags.find((name) => args.has(name))
  if (other !== undefined) throw new UsageError(`--${other} does not apply to ${sendgridKind}.`)
  const body = await readBody(args, io)
  const contentType = args.text('content-type')
  if (contentType !== undefined && !args.has('body')) throw new UsageError('--content-type needs --body.')
  const keyFile = args.text('private-key-file')
  const privateKey =
    keyFile === undefined ? undefined : await readText(io, keyFile, '--private-key-file', { secret: true })
  const input = { body, contentType, privateKey, headers: Object.fromEntries(parseHeaders(args.list('header'))) }
  return (url) =>
    asUsageLater(() => signSendGridRequest({ ...input, url, ...(body === undefined && { events: sampleEvents() }) }))
}

/** Prints the key that the server needs. */
function tellPublicKey(publicKey: string, args: Args, io: Io): void {
  tell(io, `Public key: ${publicKey}`)
  if (!args.has('private-key-file'))
    tell(
      io,
      'It is new in each run. To keep one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem, then --private-key-file key.pem.',
    )
}

/** Runs `tollgate sign --kind sendgrid.events`. */
export async function printSigned(url: string, args: Args, io: Io): Promise<number> {
  checkGiven({ method: 'POST', url, headers: [] }, '--url')
  const only = args.choice('only', ['headers', 'curl'])
  const signed = await (await readSendGrid(args, io))(url)
  tellPublicKey(signed.publicKey, args, io)
  const { method, headers, body, publicKey } = signed
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  if (args.has('json'))
    printJson(io, {
      method,
      url,
      headers,
      bodyBase64: Buffer.from(body).toString('base64'),
      publicKey,
      curl: toCurl(signed),
    })
  else if (only === 'headers') print(io, lines.join('\n'))
  else print(io, only === 'curl' ? toCurl(signed) : [`${method} ${url}`, ...lines, '', toCurl(signed)].join('\n'))
  return EXIT.ok
}

/** Prepares what `tollgate send sendgrid.events` delivers. Each batch has its own events. */
export async function prepareSendGrid(
  to: string,
  args: Args,
  io: Io,
): Promise<{ readonly make: () => Promise<Delivery>; readonly facts: { readonly publicKey: string } }> {
  const { origin: _, headers, ...address } = toAddress(to)
  const sign = await readSendGrid(args, io)
  const { publicKey } = await sign(to)
  tellPublicKey(publicKey, args, io)
  const make = async (): Promise<Delivery> => {
    const signed = await sign(to)
    const { method, body } = signed
    const all = { ...headers, ...signed.headers, 'content-length': String(body.length) }
    return { ...address, method, headers: all, body }
  }
  return { make, facts: { publicKey } }
}

async function readBody(args: Args, io: Io): Promise<SignSendGridRequestInput['body']> {
  const from = args.only(['json-body', 'body'])
  if (from === undefined) return undefined
  const bytes = await readBytes(io, args.text(from) ?? '', `--${from}`)
  if (from === 'json-body' && !/^\s*\[/.test(decodeText(bytes, '--json-body')))
    throw new UsageError('--json-body: SendGrid sends a JSON array of events.')
  return bytes
}

/** Makes one event of each type that happened now, with ids of its own. */
function sampleEvents(): readonly unknown[] {
  return sampleSendGridEvents().map((event) => ({
    ...event,
    sg_event_id: randomBytes(16).toString('base64url'),
    timestamp: Math.floor(Date.now() / 1000),
  }))
}

function toCurl({ method, url, headers, body }: SignedSendGridRequest): string {
  const written = writeRequests('curl', [{ method, url, headers: Object.entries(headers), body }])
  return Buffer.from(written).toString().trimEnd()
}
