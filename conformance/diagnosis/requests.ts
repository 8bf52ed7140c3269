import { createHash, createHmac } from 'node:crypto'
import { encodeForm, joinParams, type Pairs } from '../kit/sign.ts'

/** A request as the application sees it. */
interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: string | Uint8Array
  readonly params?: unknown
  readonly handshake?: boolean
}

// Invented keys and ids, in the form that Twilio's have.
const authToken = '0123456789abcdef0123456789abcdef'
export const otherToken = 'fedcba9876543210fedcba9876543210'
const accountSid = `AC${'0a'.repeat(16)}`
const origin = 'https://api.example.com'
const formType = 'application/x-www-form-urlencoded'

/** Signs a text by Twilio's rule, with Node.js alone. */
function sign(text: string, secret: string = authToken, hash: 'sha1' | 'sha256' = 'sha1'): string {
  return createHmac(hash, secret).update(text, 'utf8').digest('base64')
}

function sha256(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}

export const sharedSecret = 'a-shared-secret-of-a-webhook-rule'
export const messageText = ' Call me at 8, the code is 4711 '

export const sms: Pairs = [
  ['ToCountry', 'US'],
  ['ToState', ''],
  ['SmsMessageSid', `SM${'a1'.repeat(16)}`],
  ['NumMedia', '0'],
  ['ToCity', ''],
  ['FromZip', '94103'],
  ['SmsSid', `SM${'a1'.repeat(16)}`],
  ['FromState', 'CA'],
  ['SmsStatus', 'received'],
  ['FromCity', 'SAN FRANCISCO'],
  ['Body', messageText],
  ['FromCountry', 'US'],
  ['To', '+12025550123'],
  ['ToZip', ''],
  ['NumSegments', '1'],
  ['MessageSid', `SM${'a1'.repeat(16)}`],
  ['AccountSid', accountSid],
  ['From', '+14155550142'],
  ['ApiVersion', '2010-04-01'],
]

const twilioHeaders = {
  host: 'api.example.com',
  'user-agent': 'TwilioProxy/1.1',
  'i-twilio-idempotency-token': '4ee9336a-3759-4449-a39c-c9a2f6f6ad63',
}

type HeaderValues = Record<string, string | string[] | undefined>

interface Parts {
  readonly url?: string
  readonly headers?: HeaderValues
  readonly params?: Pairs
  readonly body?: string | Uint8Array
  readonly secret?: string
  readonly sent?: Pairs
}

/** A form POST with its bytes. */
interface FormRequest extends Omit<SeenRequest, 'body' | 'params'> {
  readonly body: string | Uint8Array
}

/**
 * Makes a form POST.
 * @param signedUrl the URL that Twilio signed
 * @param parts the parts that differ on arrival
 * @returns the request as the application sees it
 */
export function post(
  signedUrl: string,
  { url, headers, params = sms, sent = params, body, secret = authToken }: Parts = {},
): FormRequest {
  return {
    method: 'POST',
    url: url ?? signedUrl.replace(/^[a-z]+:\/\/[^/?#]*/, ''),
    headers: {
      ...twilioHeaders,
      'content-type': formType,
      'x-twilio-signature': sign(signedUrl + joinParams(params), secret),
      ...headers,
    },
    body: body ?? encodeForm(sent),
  }
}

export function get(signedUrl: string, { url, headers, secret = authToken }: Parts = {}): SeenRequest {
  return {
    method: 'GET',
    url: url ?? signedUrl.replace(/^[a-z]+:\/\/[^/?#]*/, ''),
    headers: { ...twilioHeaders, 'x-twilio-signature': sign(signedUrl, secret), ...headers },
  }
}

/** Makes a JSON POST whose body may arrive as another. */
export function json(sent: string, { url, headers, body = sent, secret = authToken }: Parts = {}): SeenRequest {
  const signedUrl = `https://api.example.com/events?bodySHA256=${sha256(sent)}`
  return {
    method: 'POST',
    url: url ?? signedUrl.replace(/^[a-z]+:\/\/[^/?#]*/, ''),
    headers: {
      ...twilioHeaders,
      'content-type': 'application/json',
      'x-twilio-signature': sign(signedUrl, secret),
      ...headers,
    },
    body,
  }
}

export const mapped = (change: (value: string, name: string) => string, pairs = sms): Pairs =>
  pairs.map(([name, value]) => [name, change(value, name)] as const)
export const keyed = { 'x-twilio-webhooks-signature-settings': 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256' }
export const sha256Signed = (secret: string): string => sign(`${origin}/sms${joinParams(sms)}`, secret, 'sha256')
