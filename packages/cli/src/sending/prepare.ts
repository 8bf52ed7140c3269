import { hiddenValue, type RecordedRequest, splitUrl, toIncoming } from 'tollgate/internal'
import { type SignRequestInput, signRequest } from 'tollgate/testing'
import { asUsage, type OptionNames, UsageError } from '../exit.ts'
import { checkGiven } from '../inputs/flags.ts'
import { cleanText, hideQuery } from '../io.ts'
import type { Delivery } from './deliver.ts'

interface Addresses {
  /** The URL that the request is sent to. */
  readonly to: string
  /** The server's public URL, if it differs from `to`. Its path is a prefix. */
  readonly publicUrl: string | undefined
}

export interface SignedDelivery extends Delivery {
  readonly signedUrl: string
}

type Unaddressed = Omit<SignRequestInput, 'url'>

/** Signs the request for the public URL, and addresses it to `to`. */
export function prepare(input: Unaddressed, { to, publicUrl }: Addresses, names: OptionNames): SignedDelivery {
  const { origin, target, headers, ...address } = toAddress(to)
  const base = publicUrl === undefined ? origin : cutPublicUrl(publicUrl)
  const signed = asUsage(() => signRequest({ ...input, url: `${base}${target}` }), names)
  return {
    ...address,
    method: signed.method,
    // The query is the signed one, which may have bodySHA256. The path has no public prefix.
    target: target.replace(/\?.*$/s, '') + (/\?.*$/s.exec(signed.url)?.[0] ?? ''),
    headers: {
      ...headers,
      host: splitUrl(signed.url)?.authority ?? '',
      ...signed.headers,
      ...(signed.body !== undefined && { 'content-length': String(Buffer.byteLength(signed.body)) }),
    },
    body: signed.body,
    signedUrl: signed.url,
  }
}

// The delivery has its own values of these headers.
const framing = ['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'expect', 'te', 'trailer']

/**
 * Addresses a captured request to `to`, with its own headers, target and body. A path of `to`
 * replaces the request's path.
 */
export function prepareCaptured(given: RecordedRequest, to: string): Delivery {
  const { origin: _, target, headers: own, ...address } = toAddress(to)
  const { headers: captured, ...request } = toIncoming(given)
  const isHandshake = request.handshake === true
  const kept = Object.entries(captured).filter(
    ([name, value]) => value !== hiddenValue && (isHandshake || !framing.includes(name)),
  )
  const [, path = '', query = ''] = /^([^?]*)(.*)$/s.exec(given.target ?? request.url) ?? []
  return {
    ...address,
    method: given.method,
    target: (target === '/' ? path : target) + query,
    headers: {
      ...own,
      ...Object.fromEntries(kept),
      ...(given.body !== undefined && { 'content-length': String(given.body.byteLength) }),
    },
    body: given.body,
  }
}

/**
 * Returns where a request to this URL goes, and the headers that follow from the URL.
 * @throws UsageError if the URL is malformed
 */
export function toAddress(
  to: string,
): Pick<Delivery, 'secure' | 'hostname' | 'port' | 'target' | 'headers'> & { readonly origin: string } {
  checkGiven({ method: 'GET', url: to, headers: [] }, '--to')
  const parts = splitUrl(to)
  if (parts === undefined) throw new UsageError('--to needs an absolute URL.')
  const { authority, origin, scheme, target, userinfo } = parts
  const secure = /^(https|wss)$/i.test(scheme)
  const authorization = userinfo === '' ? {} : { authorization: toBasic(userinfo.slice(0, -1)) }
  return {
    secure,
    ...splitAuthority(authority, secure),
    origin,
    target,
    headers: { host: authority, ...authorization },
  }
}

/** Says what a server that answers 403 may have expected of a request that this command signed. */
export function explainForbidden(signedUrl: string, key = 'the Auth Token'): string {
  return [
    `Signed for ${hideQuery(signedUrl)} with ${key}.`,
    'If the server knows itself by another URL, give that as --public-url. If it has another Auth Token, set',
    'TWILIO_AUTH_TOKEN, or use --auth-token-file.',
  ].join('\n')
}

/**
 * Returns the part of a signed URL that comes before the path of `to`: the public URL, or the origin of `to`.
 * @throws UsageError if the path of `to` begins with that of the public URL. Then `to` is the proxy that removes it, or
 *   the public URL is that of the whole route
 */
export function readBase({ to, publicUrl }: Addresses): string {
  const { origin, target } = toAddress(to)
  if (publicUrl === undefined) return origin
  const base = cutPublicUrl(publicUrl)
  const { origin: publicOrigin, target: prefix } = splitUrl(base) ?? { origin: base, target: '/' }
  if (prefix === '/' || !`${target.replace(/\?.*$/s, '')}/`.startsWith(`${prefix}/`)) return base
  const inner = target.slice(prefix.length)
  throw new UsageError(
    `The path of --to is added to --public-url, and begins with ${cleanText(prefix)} already. ` +
      `If --to is the proxy, or a server that removes nothing, write --public-url ${cleanText(publicOrigin)}. ` +
      `If --to is the server behind a proxy that removes ${cleanText(prefix)}, write --to ${hideQuery(origin + inner)}.`,
  )
}

function cutPublicUrl(publicUrl: string): string {
  const parts = splitUrl(publicUrl)
  if (parts === undefined || parts.target.includes('?'))
    throw new UsageError(
      '--public-url needs an absolute URL without a query, such as https://example.com or https://example.com/prefix.',
    )
  return parts.origin + parts.target.replace(/\/$/, '')
}

function splitAuthority(authority: string, secure: boolean): { hostname: string; port: number } {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(authority)
  const port = Number(match?.[2] ?? (secure ? 443 : 80))
  if (match === null || port < 1 || port > 65_535) throw new UsageError('--to: the host or the port is malformed.')
  return { hostname: (match[1] ?? '').replace(/^\[|\]$/g, ''), port }
}

function toBasic(userinfo: string): string {
  let decoded = userinfo
  try {
    decoded = decodeURIComponent(userinfo)
  } catch {
    // The userinfo is not percent-encoded.
  }
  return `Basic ${Buffer.from(decoded).toString('base64')}`
}
