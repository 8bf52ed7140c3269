import { randomBytes, randomUUID } from 'node:crypto'
import { cutPublicUrl, type OutgoingRequest } from '@tollgate/calls'
import { findHeader } from 'tollgate/internal'
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
import { dropUserinfo } from '../../shared/url-parts.ts'
import { readBody } from '../body-text.ts'
import { joinPublicUrl } from '../capture-exchange.ts'
import { isHidden } from '../hide.ts'
import { isHandshake } from '../read-capture.ts'
import type { Delivery } from './deliver.ts'

/** Wrong input from the page's user. The page shows the message. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

type Key = Pick<SignRequestInput, 'authToken'>

/**
 * Makes a realistic webhook of a kind and signs it. A spoofed one is signed with a random token.
 */
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

/**
 * Signs a request of a call. The URL comes from TwiML: treat it as hostile.
 * @returns `undefined` unless the URL is below one of the public URLs
 */
export function makeCallRequest(
  { url, method, params, headers, contentType }: OutgoingRequest,
  publicUrls: readonly string[],
  key: Key,
): Delivery | undefined {
  const called = dropUserinfo(url).replace(/#.*$/s, '')
  // Of several public URLs, the longest is the one that is meant: the shortest rest.
  const [rest] = publicUrls
    .map((base) => cutPublicUrl(called, joinPublicUrl([base], '', undefined)))
    .filter((one) => one !== undefined)
    .sort((one, other) => one.length - other.length)
  if (rest === undefined) return undefined
  const prefix = called.slice(0, called.length - rest.length)
  const type = method === 'POST' ? contentType : undefined
  const pairs = params.map(([name, value]): [string, string] => [name, value])
  return toDelivery(signRequest({ url: called, method, params: pairs, headers, contentType: type, ...key }), prefix)
}

/** Replaces the account everywhere in a sample. */
function nameAccount(sample: SampleWebhook, accountSid: string | undefined): SampleWebhook {
  if (accountSid === undefined) return sample
  return JSON.parse(JSON.stringify(sample).replace(/\bAC[0-9a-f]{32}\b/g, accountSid))
}

/**
 * Makes the captured request again, byte for byte.
 * @throws InputError if the capture is incomplete
 */
export function makeReplay(capture: Capture): Delivery {
  if (capture.bodyTruncated)
    throw new InputError('Only the beginning of this body was kept, so it cannot be sent again.')
  if (capture.headers.some(([, value]) => isHidden(value)))
    throw new InputError('Its credentials were not kept, so it cannot be sent again. Edit and re-sign it instead.')
  const { method, target, headers } = capture
  return { method, target, headers, body: readBody(capture) }
}

// The edited request gets its own values of these headers.
const remade = new Set(['host', 'content-length', 'content-type', 'transfer-encoding', 'connection', 'upgrade'])

/** Applies the changes to a captured request and signs it again. */
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
  // The signed URL has no userinfo. The server gets the target without the public prefix.
  const target = signed.url.slice(dropUserinfo(prefix).length)
  return {
    method: signed.method,
    target: target.startsWith('/') ? target : `/${target}`,
    headers: [['host', host], ...Object.entries(signed.headers)],
    body: Buffer.from(signed.body ?? '', 'utf8'),
  }
}

function readTarget(target: string): string {
  if (!/^\/[!"$-~]*$/.test(target))
    throw new InputError('The path must start with "/". Percent-encode spaces and characters outside ASCII.')
  return target
}

/** Removes the hash of the old body from the query. */
function withoutBodyHash(target: string): string {
  const [path = '', query] = target.split('?', 2)
  if (query === undefined) return target
  const kept = query.split('&').filter((pair) => !pair.startsWith('bodySHA256='))
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}
