import { type Cause, type Diagnosis, diagnose } from 'tollgate/diagnose'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { parseCurl } from '../packages/cli/src/inputs/curl.ts'
import { findHeader, splitUrl } from '../packages/cli/src/inputs/request.ts'

/** The fields of the form. */
export interface RequestParts {
  readonly method: string
  readonly url: string
  readonly publicUrl: string
  readonly contentType: string
  readonly body: string
  readonly signature: string
  readonly settings: string
  /** The other headers of a curl command. */
  readonly headers: readonly (readonly [string, string])[]
  readonly token: string
  readonly sharedKey: string
}

export interface Examined {
  readonly ok: boolean
  readonly heading: string
  readonly message: string
  /** The page of the rejection code, relative to the playground. */
  readonly codePage: string | undefined
  readonly proven: boolean
  readonly causes: readonly Cause[]
  readonly signedUrl: string | undefined
  /** The option that mends the URL, as a line to copy. */
  readonly setting: string | undefined
  readonly signingString: Diagnosis['signingString']
  readonly urlForms: Diagnosis['urlForms']
}

const settingsHeader = 'x-twilio-webhooks-signature-settings'
const ownFields = ['content-type', 'x-twilio-signature', settingsHeader, 'content-length']

/**
 * Reads the fields of the form from a curl command.
 * @throws UsageError with a message for the page, if the command is not one complete request
 */
export function readCurl(text: string): Omit<RequestParts, 'publicUrl' | 'token' | 'sharedKey'> {
  const { method, url, headers, body } = parseCurl(text)
  return {
    method,
    url,
    contentType: findHeader(headers, 'content-type') ?? '',
    body: body === undefined ? '' : new TextDecoder().decode(body),
    signature: findHeader(headers, 'x-twilio-signature') ?? '',
    settings: findHeader(headers, settingsHeader) ?? '',
    headers: headers.filter(([name]) => !ownFields.includes(name.toLowerCase())),
  }
}

/**
 * Verifies and diagnoses a request in the browser.
 * @throws Error with a message for the page, if a field is missing or malformed
 */
export async function examine(parts: RequestParts): Promise<Examined> {
  const url = splitUrl(parts.url)
  if (url === undefined) throw new Error('The URL must be absolute, with https:// and a host.')
  if (parts.token === '' && parts.sharedKey === '') throw new Error('Enter an Auth Token or the secret of a SharedKey.')
  const keyId = /^key=([^,]+),/.exec(parts.settings)?.[1]
  const own = Object.fromEntries(parts.headers.map(([name, value]) => [name.toLowerCase(), value]))
  const headers = {
    host: url.authority,
    ...own,
    ...(parts.contentType !== '' && { 'content-type': parts.contentType }),
    ...(parts.signature !== '' && { 'x-twilio-signature': parts.signature }),
    ...(parts.settings !== '' && { [settingsHeader]: parts.settings }),
  }
  const request = { method: parts.method, url: url.target, headers, body: parts.body }
  const { verdict, proven, suspected, signingString, urlForms } = await diagnose(request, {
    publicUrl: parts.publicUrl || url.origin,
    ...(parts.token !== '' && { authToken: parts.token }),
    ...(parts.sharedKey !== '' && keyId !== undefined && { sharedKeys: { [keyId]: parts.sharedKey } }),
  })
  return {
    ok: verdict.ok,
    heading: verdict.ok ? 'Genuine' : `Refused: ${verdict.code}`,
    codePage: verdict.ok ? undefined : `codes/${verdict.code}.html`,
    message: verdict.ok ? `The signature covers the ${verdict.covers}.` : verdict.message,
    proven: proven !== undefined,
    causes: proven?.causes ?? suspected,
    signedUrl: proven?.signedUrl,
    setting: proven?.setting,
    signingString,
    urlForms,
  }
}

/** Makes a genuine message as a server sees it behind a proxy that ends TLS and strips a prefix. */
export function sampleParts(): RequestParts {
  const token = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
  const signed = signRequest({
    url: 'https://app.example.com/api/sms',
    authToken: token,
    ...sampleWebhook('message.inbound'),
  })
  return {
    method: signed.method,
    url: 'http://app.example.com/sms',
    publicUrl: '',
    contentType: signed.headers['content-type'] ?? '',
    body: signed.body ?? '',
    signature: signed.headers['x-twilio-signature'] ?? '',
    settings: '',
    headers: [
      ['x-forwarded-proto', 'https'],
      ['x-forwarded-prefix', '/api'],
    ],
    token,
    sharedKey: '',
  }
}
