import { createHmac } from 'node:crypto'
import { parse } from 'node:querystring'
import { sampleWebhook } from 'tollgate/testing'

export const authToken = '0123456789abcdef0123456789abcdef'
export const publicUrl = 'https://example.com'
export const path = '/twilio/sms'
export const url = publicUrl + path

/** @param {string} text */
export function signText(text) {
  return createHmac('sha1', authToken).update(text).digest('base64')
}

/** @param {Iterable<[string, string]>} pairs with distinct names */
export function makeWebhook(pairs) {
  const body = Buffer.from(new URLSearchParams([...pairs]).toString())
  const params = Object.fromEntries(new URLSearchParams(body.toString()))
  const signed = [...pairs].sort(([one], [other]) => (one < other ? -1 : 1)).flat()
  // The buffer makes the text one flat string, like a text that was read.
  const text = Buffer.from(url + signed.join('')).toString()
  const signature = signText(text)
  const forged = signText(`${text} `)
  return {
    body,
    params,
    /** The parameters as Express's parser returns them. */
    parsed: parse(body.toString()),
    text,
    signature,
    forged,
    request: toRequest(body, signature),
    forgedRequest: toRequest(body, forged),
  }
}

/** @param {Buffer} body @param {string} signature */
function toRequest(body, signature) {
  return { method: 'POST', url: path, headers: toHeaders(body, signature), body }
}

/**
 * Makes the headers that Twilio sends.
 * @param {Buffer} body
 * @param {string} signature
 */
export function toHeaders(body, signature) {
  return {
    host: 'example.com',
    'user-agent': 'TwilioProxy/1.1',
    accept: '*/*',
    'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
    'content-length': String(body.length),
    'x-home-region': 'us1',
    'i-twilio-idempotency-token': 'b15be172-d862-4a05-af7b-e25932f3a889',
    'x-twilio-signature': signature,
  }
}

/**
 * Makes copies of an incoming SMS with 19 parameters. Their SIDs differ, so that caches do not
 * help.
 */
export function makeMessages(count = 64) {
  const sample = sampleWebhook('message.inbound').params ?? []
  const nineteen = sample.filter(([name]) => name !== 'MessagingServiceSid')
  if (nineteen.length !== 19) throw new Error(`The sample has ${nineteen.length} parameters, not 19.`)
  return Array.from({ length: count }, (_, index) => {
    const sid = `SM${index.toString(16).padStart(32, '0')}`
    return makeWebhook(
      nineteen.map(([name, value]) => [name, /^(Sms)?(Message)?Sid$/.test(name) ? sid : String(value)]),
    )
  })
}

/** Makes copies of an incoming call. */
export function makeCalls(count = 64) {
  const sample = sampleWebhook('call.inbound').params ?? []
  return Array.from({ length: count }, (_, index) => {
    const sid = `CA${index.toString(16).padStart(32, '0')}`
    return makeWebhook(sample.map(([name, value]) => [name, name === 'CallSid' ? sid : String(value)]))
  })
}

/**
 * Returns a function that returns the elements in turn, again and again.
 * @template T
 * @param {readonly T[]} list
 * @returns {() => T}
 */
export function cycle(list) {
  let index = 0
  return () => {
    index = (index + 1) % list.length
    return /** @type {T} */ (list[index])
  }
}
