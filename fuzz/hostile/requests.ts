import { createHash } from 'node:crypto'
import { type Part, type Recipe, writePart } from './recipes.ts'

/** A request as a server sees it. */
export interface RawRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

export const host = 'app.example.com'
export const account = `AC${'a1'.repeat(16)}`
const formType = 'application/x-www-form-urlencoded'
const sms = new URLSearchParams({
  MessageSid: `SM${'0'.repeat(32)}`,
  AccountSid: account,
  From: '+14155550142',
  To: '+12025550123',
  ToCity: '',
  Body: "It's 100% ünï & more",
}).toString()

// Well-formed, but not made with a key.
const forged: Readonly<Record<string, string>> = { host, 'x-twilio-signature': `${'A'.repeat(27)}=` }
const upgrade = { upgrade: 'websocket', connection: 'Upgrade' }

/**
 * Makes the forged request that a recipe describes. `own` are the headers of each request of an
 * entry.
 */
export function makeHostile(recipe: Recipe, own: RawRequest['headers'] = {}): RawRequest {
  const hasBody = recipe.method === 'POST'
  let request: RawRequest = {
    method: recipe.method,
    target: '/sms',
    headers: { ...forged, ...(hasBody && { 'content-type': formType }), ...own, ...(recipe.upgrade && upgrade) },
    body: hasBody ? Buffer.from(sms) : undefined,
  }
  for (const part of recipe.parts) request = place(request, part)
  return request
}

function place(request: RawRequest, part: Part): RawRequest {
  const [kind, name = ''] = part.place.split(/ (.*)/)
  const text = writePart(part)
  if (kind === 'target') return { ...request, target: text }
  if (kind === 'header') return { ...request, headers: { ...request.headers, [name]: text } }
  const body = Buffer.from(text)
  // An attacker can put the hash of a body into the URL, but cannot sign it.
  const hash = `bodySHA256=${createHash('sha256').update(body).digest('hex')}`
  const target =
    name === formType ? request.target : `${request.target}${request.target.includes('?') ? '&' : '?'}${hash}`
  return { ...request, target, headers: { ...request.headers, 'content-type': name }, body }
}

/** Makes an ordinary forged request as large as `like`, for comparison. */
export type Ordinary = (like: RawRequest, own?: RawRequest['headers']) => RawRequest

/**
 * Makes an SMS, or a GET if `like` has no body. Its target, its headers and its body are as large
 * as those of `like`.
 */
export const likeSms: Ordinary = (like, own = {}) => {
  const headers = { ...forged, ...(like.body && { 'content-type': formType }), ...own }
  const room = sizeOf(like.headers) - sizeOf(headers)
  return {
    method: like.body ? 'POST' : 'GET',
    target: `/sms${writeWords(like.target.length - '/sms?note='.length, '?note=')}`,
    headers: { ...headers, ...(room > 0 && { cookie: writeWords(room) }) },
    body: like.body && Buffer.from(sms + writeWords(like.body.length - sms.length)),
  }
}

/** Makes a JSON event of that size, with its hash in the URL. */
export const likeEvent: Ordinary = (like, own) => {
  const { body = Buffer.alloc(0), ...request } = likeSms(like, own)
  return place({ ...request, body }, { ...event, size: body.length })
}
const event: Part = {
  place: 'body application/json',
  before: '["',
  units: ['words '],
  after: '"]',
  closed: false,
  size: 0,
}

/** Makes one SMS, regardless of the size of `like`. */
export const plainSms: Ordinary = (_like, own = {}) => makeHostile({ method: 'POST', upgrade: false, parts: [] }, own)

function sizeOf(headers: RawRequest['headers']): number {
  return Object.entries(headers).join('').length
}

function writeWords(length: number, before = ''): string {
  return length > 0 ? before + 'some+ordinary+words+'.repeat(Math.ceil(length / 20)).slice(0, length) : ''
}
