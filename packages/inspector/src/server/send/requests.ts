import { randomBytes, randomUUID } from 'node:crypto'
import {
  type SampleWebhook,
  type SignedRequest,
  type SignRequestInput,
  sampleWebhook,
  signRequest,
  webhookKinds,
} from 'tollgate/testing'
import type { ResignInput, SendInput } from '../../shared/api.ts'
import type { Capture } from '../../shared/capture.ts'
import { readBody } from '../body-text.ts'
import { joinPublicUrl } from '../capture-exchange.ts'
import { isHidden } from '../hide.ts'
import { findHeader, isHandshake } from '../read-capture.ts'
import type { Delivery } from './deliver.ts'

/** A mistake of the page's user, told to the page as it is. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

type Key = Pick<SignRequestInput, 'authToken'>

/** A realistic webhook of a kind, signed; spoofed: by a token that nobody has. */
export function makeTestRequest(
  input: SendInput,
  publicUrls: readonly string[],
  key: Key,
  accountSid: string | undefined,
): Delivery {
  const kind = webhookKinds.find((one) => one === input.kind)
  if (kind === undefined) throw new InputError(`There is no kind of webhook named ${JSON.stringify(input.kind)}.`)
  const path = readTarget(input.path ?? '/')
  const authToken = input.spoofed ? randomBytes(16).toString('hex') : key.authToken
  return sign(path, publicUrls, undefined, {
    ...nameAccount(sampleWebhook(kind, input.overrides), accountSid),
    headers: { 'i-twilio-idempotency-token': randomUUID() },
    authToken,
  })
}

/** Wherever a sample names its account, it names this one. */
function nameAccount(sample: SampleWebhook, accountSid: string | undefined): SampleWebhook {
  if (accountSid === undefined) return sample
  return JSON.parse(JSON.stringify(sample).replace(/\bAC[0-9a-f]{32}\b/g, accountSid))
}

/** A captured request as it came, byte for byte; what could not be kept cannot be sent. */
export function makeReplay(capture: Capture): Delivery {
  if (capture.bodyTruncated)
    throw new InputError('Only the beginning of this body was kept, so it cannot be sent again.')
  if (capture.headers.some(([, value]) => isHidden(value)))
    throw new InputError('Its credentials were not kept, so it cannot be sent as it was. Edit and re-sign it instead.')
  const { method, target, headers } = capture
  return { method, target, headers, body: readBody(capture) }
}

// Made anew for the edited request.
const remade = new Set(['host', 'content-length', 'content-type', 'transfer-encoding', 'connection', 'upgrade'])

/** A captured request with what was changed in it, signed anew. */
export function makeResigned(capture: Capture, input: ResignInput, publicUrls: readonly string[], key: Key): Delivery {
  const target = readTarget(input.target)
  const headers = Object.fromEntries(
    capture.headers
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name, value]) => !remade.has(name) && !name.startsWith('sec-websocket-') && !isHidden(value)),
  )
  const { params, body } = input
  const contentType = input.contentType || undefined
  const content =
    params !== undefined && input.method === 'POST'
      ? { params, contentType }
      : body !== undefined && body !== ''
        ? { body, contentType }
        : {}
  return sign('body' in content ? withoutBodyHash(target) : target, publicUrls, findHeader(capture.headers, 'host'), {
    method: input.method,
    ...content,
    headers,
    ...(isHandshake(capture) && { handshake: true }),
    ...key,
  })
}

function sign(
  target: string,
  publicUrls: readonly string[],
  host: string | undefined,
  input: Omit<SignRequestInput, 'url'>,
): Delivery {
  const url = joinPublicUrl(publicUrls, target, host)
  const prefix = url.slice(0, url.length - target.length)
  try {
    return toDelivery(signRequest({ ...input, url }), prefix)
  } catch (error) {
    if (error instanceof TypeError) throw new InputError(error.message)
    throw error
  }
}

function toDelivery(signed: SignedRequest, prefix: string): Delivery {
  const host = /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(signed.url)?.[1] ?? ''
  return {
    method: signed.method,
    // Userinfo is not in the signed URL, and a prefix is in front of what this server gets.
    target: signed.url.slice(prefix.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1').length),
    headers: [['host', host], ...Object.entries(signed.headers)],
    body: Buffer.from(signed.body ?? '', 'utf8'),
  }
}

function readTarget(target: string): string {
  if (!/^\/[!"$-~]*$/.test(target))
    throw new InputError(
      'The path must start with "/" and be spelled as it is sent: percent-encode blanks and non-ASCII.',
    )
  return target
}

/** The hash is of the body, which is another one now. */
function withoutBodyHash(target: string): string {
  const [path = '', query] = target.split('?', 2)
  if (query === undefined) return target
  const kept = query.split('&').filter((pair) => !pair.startsWith('bodySHA256='))
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}
