import { encodeForm, hashHex, joinParams, type Pairs, signText } from './sign.ts'

export const origin = 'https://app.example.com'
export const host = 'app.example.com'
export const token = '0123456789abcdef0123456789abcdef'
export const otherToken = 'fedcba9876543210fedcba9876543210'
export const account = `AC${'a1'.repeat(16)}`
export const otherAccount = `AC${'b2'.repeat(16)}`
export const sharedKey = { id: 'webhooks_sharedkey_01test', secret: 'a-shared-key-secret-for-tests' }
export const formType = 'application/x-www-form-urlencoded'
export const sms: Pairs = [
  ['MessageSid', 'SM00000000000000000000000000000001'],
  ['AccountSid', account],
  ['From', '+14155550142'],
  ['To', '+12025550123'],
  ['Body', "It's 100% ünï & more"],
  ['ToCity', ''],
]

/** An inbound message with all that Twilio always sends. Twilio never sends one twice. */
export const inboundSms: Pairs = [
  ...sms,
  ['SmsStatus', 'received'],
  ['SmsMessageSid', 'SM00000000000000000000000000000001'],
  ['SmsSid', 'SM00000000000000000000000000000001'],
  ['NumMedia', '0'],
  ['NumSegments', '1'],
]

const upgradeHeaders = { upgrade: 'websocket', connection: 'Upgrade' }

/** A request to sign. The default is an SMS to `/sms`. */
export interface Draft {
  readonly method?: string
  readonly path?: string
  readonly origin?: string
  /** A form, unless `body` is given. */
  readonly params?: Pairs
  readonly body?: string
  /** `null` means no such header. */
  readonly contentType?: string | null
  readonly headers?: Readonly<Record<string, string>>
  /** The signed text, if it is not the URL and the form. */
  readonly signed?: string
  readonly token?: string
  readonly sharedKey?: { readonly id: string; readonly secret: string }
}

/** A signed request, for a verifier or a socket. */
export interface Signed {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Set by adapters for the verifier. It is not sent over a socket. */
  readonly handshake?: true
}

export async function makeRequest(draft: Draft = {}): Promise<Signed> {
  const { method = 'POST', path = '/sms', headers = {} } = draft
  const params = draft.params ?? (draft.body === undefined && method === 'POST' ? sms : [])
  const body = draft.body ?? (draft.params === undefined && method !== 'POST' ? undefined : encodeForm(params))
  const text = draft.signed ?? (draft.origin ?? origin) + path + joinParams(params)
  const key = draft.sharedKey
  const signature = await (key ? signText(text, key.secret, 'SHA-256') : signText(text, draft.token ?? token))
  const type = draft.contentType === undefined && body ? formType : draft.contentType
  return {
    method,
    url: path,
    headers: {
      host: new URL(draft.origin ?? origin).host,
      ...(type != null && { 'content-type': type }),
      'x-twilio-signature': signature,
      ...(key && { 'x-twilio-webhooks-signature-settings': `key=${key.id},algorithm=HMAC_SHA256` }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  }
}

/** Makes a JSON event whose URL has `bodySHA256`. */
export async function makeJsonRequest(json: unknown, draft: Draft = {}): Promise<Signed> {
  const body = typeof json === 'string' ? json : JSON.stringify(json)
  const path = `${draft.path ?? '/events?source=1'}`
  const bound = `${path}${path.includes('?') ? '&' : '?'}bodySHA256=${await hashHex(body)}`
  return makeRequest({ contentType: 'application/json', ...draft, path: bound, body })
}

/** Makes a WebSocket handshake of Media Streams. */
export async function makeHandshake(path = '/media', draft: Draft = {}): Promise<Signed> {
  const headers = { ...upgradeHeaders, ...draft.headers }
  const request = await makeRequest({
    signed: `wss://${host}${path}`,
    ...draft,
    method: draft.method ?? 'GET',
    path,
    headers,
  })
  return { ...request, handshake: true }
}

/** Replaces some headers of the request, and drops those whose value is `undefined`. */
export function withHeaders(request: Signed, changed: Readonly<Record<string, string | undefined>>): Signed {
  const headers = Object.fromEntries(
    Object.entries({ ...request.headers, ...changed }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  )
  return { ...request, headers }
}
