import type { Rejected } from 'tollgate'
import { type Diagnosis, diagnose, diagnoseSendGrid, type SigningPart } from 'tollgate/diagnose'
import { findHeader, omitPage, readRequests, splitUrl } from 'tollgate/internal'
import { sampleSendGridEvents, sampleWebhook, signRequest, signSendGridRequest } from 'tollgate/testing'

/** The fields of the form. */
export interface RequestParts {
  sender: 'twilio' | 'sendgrid'
  method: string
  url: string
  publicUrl: string
  contentType: string
  body: string
  signature: string
  settings: string
  /** SendGrid's header, in seconds. */
  timestamp: string
  /** The other headers of a curl command. */
  headers: readonly (readonly [string, string])[]
  token: string
  sharedKey: string
  /** SendGrid's public key of the webhook. */
  publicKey: string
}

/** A cause as the page shows it. */
interface ShownCause {
  readonly id: string
  readonly detail: string
  readonly fix: string
  /** The section about the cause, relative to the playground. */
  readonly page?: string
}

/** What the page shows about a request. Values of the user are replaced by their length. */
export interface Examined {
  readonly ok: boolean
  readonly heading: string
  readonly message: string
  readonly code?: string
  readonly proven: boolean
  readonly causes: readonly ShownCause[]
  readonly signedUrl?: string | undefined
  /** The option that mends the URL, as a line to copy. */
  readonly setting?: string | undefined
  /** If nothing is proven or seen: the URL that was checked, which is the question. */
  readonly question?: Diagnosis['question']
  readonly tried: number
  readonly signingString: Diagnosis['signingString']
  readonly urlForms: Diagnosis['urlForms']
}

const settingsHeader = 'x-twilio-webhooks-signature-settings'
const sendGridSignature = 'x-twilio-email-event-webhook-signature'
const sendGridTimestamp = 'x-twilio-email-event-webhook-timestamp'
const ownFields = [
  'content-type',
  'x-twilio-signature',
  settingsHeader,
  sendGridSignature,
  sendGridTimestamp,
  'content-length',
]

/** The parts of an empty form. */
export const emptyParts: RequestParts = {
  sender: 'twilio',
  method: 'POST',
  url: 'https://app.example.com/sms',
  publicUrl: '',
  contentType: 'application/x-www-form-urlencoded',
  body: '',
  signature: '',
  settings: '',
  timestamp: '',
  headers: [],
  token: '',
  sharedKey: '',
  publicKey: '',
}

/**
 * Reads the fields of the form from a curl command. Its headers say which service sent it.
 * @throws RequestError with a message for the page, if the command is not one complete request
 */
export function readCurl(text: string): Partial<RequestParts> {
  const [request] = readRequests(text, { form: 'curl', from: 'The command' }).requests
  if (request === undefined || request instanceof Error) throw request ?? new Error('There is no command.')
  const { method, url, headers, body } = request
  const isSendGrid = findHeader(headers, sendGridSignature) !== undefined
  return {
    sender: isSendGrid ? 'sendgrid' : 'twilio',
    method,
    url,
    contentType: findHeader(headers, 'content-type') ?? '',
    body: body === undefined ? '' : new TextDecoder().decode(body),
    signature: findHeader(headers, isSendGrid ? sendGridSignature : 'x-twilio-signature') ?? '',
    settings: findHeader(headers, settingsHeader) ?? '',
    timestamp: findHeader(headers, sendGridTimestamp) ?? '',
    headers: listOtherHeaders(headers),
  }
}

function listOtherHeaders(headers: RequestParts['headers']): RequestParts['headers'] {
  return headers.filter(([name]) => !ownFields.includes(name.toLowerCase()))
}

/**
 * Verifies and diagnoses a request in the browser.
 * @throws Error with a message for the page, if a field is missing or malformed
 */
export function examine(parts: RequestParts): Promise<Examined> {
  return parts.sender === 'sendgrid' ? examineSendGrid(parts) : examineTwilio(parts)
}

async function examineTwilio(parts: RequestParts): Promise<Examined> {
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
  const { verdict, proven, suspected, ...rest } = await diagnose(request, {
    publicUrl: parts.publicUrl || url.origin,
    ...(parts.token !== '' && { authToken: parts.token }),
    ...(parts.sharedKey !== '' && keyId !== undefined && { sharedKeys: { [keyId]: parts.sharedKey } }),
  })
  const causes = proven?.causes ?? suspected
  return {
    ...rest,
    ...describeVerdict(verdict, verdict.ok ? `The signature covers the ${verdict.covers}.` : proven && provenMessage),
    proven: proven !== undefined,
    causes: causes.map((cause) => ({ ...cause, page: `why-does-validation-fail.html#${cause.id}` })),
    signedUrl: proven?.signedUrl,
    setting: proven?.setting,
  }
}

async function examineSendGrid(parts: RequestParts): Promise<Examined> {
  if (parts.publicKey === '') throw new Error('Enter the public key of the webhook.')
  const headers = {
    ...(parts.contentType !== '' && { 'content-type': parts.contentType }),
    ...(parts.signature !== '' && { [sendGridSignature]: parts.signature }),
    ...(parts.timestamp !== '' && { [sendGridTimestamp]: parts.timestamp }),
  }
  // The text fields of browsers turn \r\n into \n. SendGrid signs \r\n.
  const body = parts.body.replace(/\r?\n/g, '\r\n')
  const request = { method: parts.method, url: '/', headers, body }
  const { verdict, proven, suspected, tried } = await diagnoseSendGrid(request, { publicKey: parts.publicKey })
  const age = verdict.ok && verdict.stale ? ' It was signed more than 5 minutes ago.' : ''
  const covered = `The signature covers the timestamp and the body.${age}`
  return {
    ...describeVerdict(verdict, verdict.ok ? covered : proven && provenMessage),
    proven: proven !== undefined,
    causes: proven?.causes ?? suspected,
    tried,
    signingString: [],
    urlForms: [],
  }
}

type Verdict = { readonly ok: true } | Rejected

/** What the page says of a refusal in place of its message: the message would deny what is proven below it. */
const provenMessage = 'The signature matches with the change below.'

/** @param known what is known beyond the verdict */
function describeVerdict(verdict: Verdict, known = ''): Pick<Examined, 'ok' | 'heading' | 'message' | 'code'> {
  if (verdict.ok) return { ok: true, heading: 'Genuine', message: known }
  const { code } = verdict
  // The page links to the page of the code itself.
  const message = known || omitPage(verdict)
  return { ok: false, heading: `Refused: ${code}`, message, code }
}

const masked = /‹(\d+) characters?›/

/**
 * Puts the user's values back into what the page shows. A value that a cause has changed stays
 * masked, because the request does not have it.
 */
export function unmask(examined: Examined, { url, body }: RequestParts): Examined {
  const fields = (url.split('?')[1] ?? '').split('&')
  const pairs = [...new URLSearchParams(body)].sort(([, one], [, other]) => (one < other ? -1 : 1))
  const unmaskUrl = (text: string): string =>
    text.replace(new RegExp(`([^?&]+)=${masked.source}`, 'g'), (all, name: string, length) => {
      const value = fields.find((field) => field.startsWith(`${name}=`))?.slice(name.length + 1)
      return value?.length === +length ? `${name}=${value}` : all
    })
  const unmaskPart = ({ from, text }: SigningPart, index: number): SigningPart => {
    if (from === 'url') return { from, text: unmaskUrl(text) }
    const [, length] = masked.exec(text) ?? []
    if (from === 'name' || length === undefined) return { from, text }
    const name = examined.signingString[index - 1]?.text
    const found = pairs.findIndex(([given, value]) => given === name && value.length === +length)
    return { from, text: found === -1 ? text : (pairs.splice(found, 1)[0]?.[1] ?? text) }
  }
  return {
    ...examined,
    signedUrl: examined.signedUrl && unmaskUrl(examined.signedUrl),
    signingString: examined.signingString.map(unmaskPart),
    urlForms: examined.urlForms.map((form) => ({ ...form, url: unmaskUrl(form.url) })),
  }
}

/**
 * Makes a request that fails. Twilio's is one as a server sees it behind a proxy that ends TLS and
 * strips a prefix. SendGrid's has a body that was parsed and written again.
 */
export async function sampleParts(sender: RequestParts['sender']): Promise<RequestParts> {
  return sender === 'sendgrid' ? sampleSendGrid() : sampleTwilio()
}

function sampleTwilio(): RequestParts {
  const token = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
  const signed = signRequest({
    url: 'https://app.example.com/api/sms',
    authToken: token,
    ...sampleWebhook('message.inbound'),
  })
  return {
    ...emptyParts,
    url: 'http://app.example.com/sms',
    contentType: signed.headers['content-type'] ?? '',
    body: signed.body ?? '',
    signature: signed.headers['x-twilio-signature'] ?? '',
    headers: [
      ...listOtherHeaders(Object.entries(signed.headers)),
      ['x-forwarded-proto', 'https'],
      ['x-forwarded-prefix', '/api'],
    ],
    token,
  }
}

async function sampleSendGrid(): Promise<RequestParts> {
  const events = sampleSendGridEvents(['delivered', 'open'])
  const signed = await signSendGridRequest({ events })
  return {
    ...emptyParts,
    sender: 'sendgrid',
    url: signed.url,
    contentType: 'application/json',
    body: JSON.stringify(events),
    signature: signed.headers[sendGridSignature] ?? '',
    timestamp: signed.headers[sendGridTimestamp] ?? '',
    publicKey: signed.publicKey,
  }
}
