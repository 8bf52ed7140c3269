import { sampleWebhook } from 'tollgate/testing'
import { type Fixture, listFixtures } from '../data/fixtures.ts'
import { encodeForm, hashHex, joinParams, type Pairs, signText } from '../kit/sign.ts'
import { listTexts } from './texts.ts'

export const webhooks: ReadonlyMap<string, Fixture> = new Map(
  listFixtures(sampleWebhook).map((fixture) => [fixture.id, fixture]),
)

export const origin = 'https://app.example.com'
export const token = '3f1c5a7e9b2d4f60813579bdf02468ac'
export const otherToken = 'c0ffee11223344556677889900aabbcc'
export const account = 'ACa42104b5c0081d28f69cc86620eae712'
export const sharedKey = { id: 'webhooks_sharedkey_01kcorpus', secret: 'the-corpus-shared-key-secret' }

/** The differences from the webhook in the fixtures. */
export interface Wish {
  /** The URL it is configured with. Default: the path of the fixture at app.example.com. */
  readonly url?: string
  /** The URL that is signed, if it is another one. */
  readonly signedUrl?: string
  readonly token?: string
  readonly sharedKey?: { readonly id: string; readonly secret: string }
  readonly pairs?: (pairs: Pairs) => Pairs
  readonly body?: string
  /** 'GET': the parameters are in the query. */
  readonly method?: string
}

/** Gives a parameter another value. */
export const saying =
  (name: string, text: string) =>
  (pairs: Pairs): Pairs =>
    pairs.map((pair) => (pair[0] === name ? [name, text] : pair))

/** A genuine request as Twilio sends it, byte for byte. */
export interface Sent {
  readonly webhook: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly pairs: Pairs
  readonly body?: string
  readonly hidden: readonly string[]
}

export async function send(id: string, wish: Wish = {}): Promise<Sent> {
  const fixture = webhooks.get(id)
  if (fixture === undefined) throw new Error(`There is no webhook "${id}".`)
  const pairs = wish.pairs?.(fixture.params) ?? fixture.params
  const isJson = fixture.scheme === 'twilio-json'
  const method = wish.method ?? fixture.method
  const isForm = method === 'POST' && !isJson
  const body = isForm ? encodeForm(pairs) : isJson ? (wish.body ?? fixture.rawBody) : undefined
  const base = wish.url ?? fixture.configuredUrl.replace(/#.*/, '').replace(/\/\/[^/]*/, '//app.example.com')
  const url = isJson
    ? addToQuery(base, `bodySHA256=${await hashHex(body ?? '')}`)
    : isForm || pairs.length === 0 || fixture.scheme === 'twilio-websocket'
      ? base
      : addToQuery(base, encodeForm(pairs))
  const text = signingString(fixture, wish.signedUrl ?? url, isForm ? pairs : [])
  const signature = await signWith(text, wish)
  const { 'x-twilio-signature': _, ...headers } = Object.fromEntries(
    Object.entries(fixture.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  return {
    webhook: id,
    method,
    url,
    headers: {
      host: hostOf(url),
      ...headers,
      'x-twilio-signature': signature,
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...(wish.sharedKey && {
        'x-twilio-webhooks-signature-settings': `key=${wish.sharedKey.id},algorithm=HMAC_SHA256`,
      }),
    },
    pairs,
    ...(body !== undefined && { body }),
    hidden: [
      signature,
      wish.token ?? token,
      ...(wish.sharedKey ? [wish.sharedKey.secret] : []),
      ...listPasswords(wish.signedUrl ?? url),
      ...listTexts(pairs, isJson ? body : undefined),
    ],
  }
}

/**
 * https://www.twilio.com/docs/usage/security; a handshake's query counts as parameters, as in
 * Twilio's own Agent Connect.
 */
function signingString({ scheme }: Fixture, url: string, pairs: Pairs): string {
  const [path = '', query] = url.split('?')
  if (scheme !== 'twilio-websocket' || query === undefined) return url + joinParams(pairs)
  return path + joinParams([...new URLSearchParams(query)])
}

function signWith(text: string, { token: own, sharedKey: shared }: Wish): Promise<string> {
  return shared ? signText(text, shared.secret, 'SHA-256') : signText(text, own ?? token)
}

function addToQuery(url: string, more: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${more}`
}

export function hostOf(url: string): string {
  return /\/\/(?:[^/@]*@)?([^/?#]+)/.exec(url)?.[1] ?? ''
}

/** Returns the path and the query of a URL. */
export function targetOf(url: string): string {
  const target = /\/\/[^/?#]+([^#]*)/.exec(url)?.[1] ?? ''
  return target.startsWith('/') ? target : `/${target}`
}

function listPasswords(url: string): readonly string[] {
  const password = /\/\/[^/@]*:([^/@]+)@/.exec(url)?.[1]
  return password === undefined ? [] : [password]
}
