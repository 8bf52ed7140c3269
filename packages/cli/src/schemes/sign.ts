import { type AnyScheme, type SchemeSignedRequest, writeRequests } from 'tollgate/internal'
import type { Args } from '../args.ts'
import { asUsageLater, UsageError } from '../exit.ts'
import { checkGiven, parseHeaders } from '../inputs/flags.ts'
import { type Io, tell } from '../io.ts'
import { decodeText, readBytes, readText } from '../read-text.ts'
import type { Delivery } from '../sending/deliver.ts'
import { toAddress } from '../sending/prepare.ts'
import { printSigned } from '../sending/print-signed.ts'
import { nameSigningFlag } from './keys.ts'

// These schemes sign no URL and no form, and have no Auth Token.
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

/** Reads what to sign from the flags. Each call of the result makes another webhook. */
async function readInput(
  scheme: AnyScheme,
  args: Args,
  io: Io,
): Promise<(url: string) => Promise<SchemeSignedRequest>> {
  const other = otherFlags.find((name) => args.has(name))
  if (other !== undefined) throw new UsageError(`--${other} does not apply to ${scheme.kinds.join(', ')}.`)
  const body = await readBody(args, io)
  const contentType = args.has('json-body') ? 'application/json' : args.text('content-type')
  if (args.has('content-type') && !args.has('body')) throw new UsageError('--content-type needs --body.')
  const key = await readSigningKey(scheme, args, io)
  const input = { body, contentType, key, headers: Object.fromEntries(parseHeaders(args.list('header'))) }
  return (url) => asUsageLater(() => scheme.sign({ ...input, url }))
}

/** @throws UsageError if a secret is needed and not given */
async function readSigningKey(scheme: AnyScheme, args: Args, io: Io): Promise<string | undefined> {
  const { title, keys, signingKey } = scheme
  const flag = nameSigningFlag(scheme)
  const file = args.text(flag)
  if (file !== undefined) return await readText(io, file, `--${flag}`, { secret: true })
  if (signingKey !== undefined) return undefined
  const own = io.env[keys.variable]
  if (own) return own
  throw new UsageError(`There is no ${keys.words} of ${title}: set ${keys.variable}, or use --${flag} FILE.`)
}

/** Prints the key that the server needs, unless it is the one that signed. */
function tellPublicKey({ keys, signingKey }: AnyScheme, { publicKey }: SchemeSignedRequest, args: Args, io: Io): void {
  if (signingKey === undefined || publicKey === undefined) return
  const { flag, hint } = signingKey
  tell(io, `${keys.words.replace(/^./, (letter) => letter.toUpperCase())}: ${publicKey}`)
  if (!args.has(flag)) tell(io, `It is new in each run. To keep one: ${hint}, then --${flag} key.pem.`)
}

export async function signOther(scheme: AnyScheme, url: string, args: Args, io: Io): Promise<number> {
  checkGiven({ method: 'POST', url, headers: [] }, '--url')
  const signed = await (await readInput(scheme, args, io))(url)
  tellPublicKey(scheme, signed, args, io)
  const { method, headers, body, publicKey } = signed
  const bodyBase64 = Buffer.from(body).toString('base64')
  return printSigned({ method, url, headers, ...{ bodyBase64, publicKey }, curl: toCurl(signed) }, args, io)
}

/** Prepares what `tollgate send KIND` delivers. */
export async function prepareOther(
  scheme: AnyScheme,
  to: string,
  args: Args,
  io: Io,
): Promise<{ readonly make: () => Promise<Delivery>; readonly facts: { readonly publicKey?: string } }> {
  const { origin: _, headers, ...address } = toAddress(to)
  const sign = await readInput(scheme, args, io)
  const first = await sign(to)
  tellPublicKey(scheme, first, args, io)
  const make = async (): Promise<Delivery> => {
    const { method, body, headers: own } = await sign(to)
    return { ...address, method, headers: { ...headers, ...own, 'content-length': String(body.length) }, body }
  }
  return { make, facts: first.publicKey === undefined ? {} : { publicKey: first.publicKey } }
}

export function explainForbidden({ keys, signingKey }: AnyScheme): string {
  const which = signingKey === undefined ? `the ${keys.words} that signed` : `the ${keys.words} above`
  return `Give the server ${which}, as ${keys.variable} for example.`
}

async function readBody(args: Args, io: Io): Promise<Uint8Array | undefined> {
  const from = args.only(['json-body', 'body'])
  if (from === undefined) return undefined
  const bytes = await readBytes(io, args.text(from) ?? '', `--${from}`)
  if (from === 'json-body') decodeText(bytes, '--json-body')
  return bytes
}

function toCurl({ method, url, headers, body }: SchemeSignedRequest): string {
  const written = writeRequests('curl', [{ method, url, headers: Object.entries(headers), body }])
  return Buffer.from(written).toString().trimEnd()
}
