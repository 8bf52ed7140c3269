import { createHmac } from 'node:crypto'
import { splitUrl } from 'tollgate/internal'
import document from '../../conform/cases.json' with { type: 'json' }
import type { Delivery } from '../sending/deliver.ts'
import { toAddress } from '../sending/prepare.ts'

/** A request of `conform/cases.json`. The README beside it describes each field. */
export interface ConformCase {
  readonly id: string
  /** `limit`: the scheme cannot tell the request from a genuine one, so no receiver must refuse it. */
  readonly kind: 'genuine' | 'forged' | 'limit'
  /** The id of the fault that a receiver has if it fails this case alone. */
  readonly cause: string
  readonly what: string
  /** The class of attack, as docs/attacks.md lists them. */
  readonly attack?: string
  /** Where Twilio, or someone who saw it, describes such a request. */
  readonly source?: string
  readonly method: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly contentType?: string | null
  readonly body?: string
  /** The text that is signed. `null`: there is no signature. */
  readonly signed: string | null
  readonly key?: 'other' | 'empty'
  readonly hash?: 'sha256'
  readonly change?: 'cut' | 'end' | 'case' | 'character' | 'hex'
  /** The character of the signature that `character` changes, from 1. */
  readonly at?: number
  /** `null`: the signature is not in a header. */
  readonly header?: null
}

export interface ConformCause {
  readonly id: string
  readonly title: string
  /** A line of Twilio's page, word for word, and the page. */
  readonly rule?: string
  readonly page?: string
  /** Which other cases fail too if a receiver has the fault: genuine ones, or those without a signature. */
  readonly explains?: 'all' | 'form' | 'query' | 'unsigned'
}

export const conformCases = document.cases as readonly ConformCase[]
export const conformCauses = document.causes as readonly ConformCause[]

const startLength = 24
const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const changes: Readonly<Record<NonNullable<ConformCase['change']>, (signature: string, at: number) => string>> = {
  cut: (signature) => signature.slice(0, startLength),
  end: (signature) => `${signature.slice(0, startLength)}AAA=`,
  case: (signature) =>
    signature.replace(/[a-z]/gi, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase())),
  hex: (signature) => Buffer.from(signature, 'base64').toString('hex'),
  character: (signature, at) => signature.slice(0, at - 1) + changeBit(signature.charAt(at - 1)) + signature.slice(at),
}

/**
 * Flips the highest bit of a Base64 character. The last character of a hash has unused bits, and
 * lenient decoders ignore them, so another bit might change nothing. `=` becomes `A`.
 */
function changeBit(character: string): string {
  return base64[base64.indexOf(character) ^ 32] ?? 'A'
}

const ports: Readonly<Record<string, string>> = { http: '80', https: '443' }

export function prepareCase(one: ConformCase, { to, publicUrl, authToken }: Receiver): Delivery {
  const { headers: own, target, origin: _, ...address } = toAddress(to)
  const places = listPlaces(publicUrl)
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (all, name: string) => places[name] ?? all)
  const keys = { other: `other ${authToken}`, empty: '', undefined: authToken }
  const sign = (text: string): string =>
    createHmac(one.hash ?? 'sha1', keys[one.key ?? 'undefined'])
      .update(text)
      .digest('base64')
  const change = one.change === undefined ? (text: string) => text : changes[one.change]
  const signature = one.signed === null ? undefined : change(sign(fill(one.signed)), one.at ?? 1)
  const { method, body, contentType, query = '' } = one
  return {
    ...address,
    method,
    target: target + query.replace('{signature}', encodeURIComponent(signature ?? '')),
    headers: {
      ...own,
      host: places.authority ?? '',
      ...(signature !== undefined && one.header !== null && { 'x-twilio-signature': signature }),
      ...(typeof contentType === 'string' && { 'content-type': contentType }),
      ...one.headers,
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    },
    body,
  }
}

export interface Receiver {
  /** The URL that requests are sent to. */
  readonly to: string
  /** The URL that is signed, without a query. */
  readonly publicUrl: string
  readonly authToken: string
}

function listPlaces(publicUrl: string): Readonly<Record<string, string>> {
  const { scheme, authority, origin, target } = splitUrl(publicUrl) ?? {
    scheme: '',
    authority: '',
    origin: '',
    target: '',
  }
  const host = authority.replace(/:\d+$/, '')
  const port = authority.slice(host.length + 1) || ports[scheme]
  return {
    url: publicUrl,
    origin,
    scheme,
    otherProtocol: scheme === 'https' ? 'http' : 'https',
    authority,
    path: target,
    urlWithPort: `${scheme}://${host}:${port}${target}`,
    urlWithoutPort: `${scheme}://${host}${target}`,
  }
}
