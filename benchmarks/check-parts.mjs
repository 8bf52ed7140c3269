// Prints what the steps of a check cost, in units of one HMAC over the same text. The steps are written
// here once more, in a row: without options, other keys and other forms of the URL, and without a reason
// for a refusal. Each line adds a step to the line above it. The last line of a group is the library, so
// the line above that is a floor: what a check would cost if its structure were free.
import { createHmac, createSecretKey, hash } from 'node:crypto'
import { createVerifier, RequestValidator } from 'tollgate'
import { compare } from './core/rounds.mjs'
import { makeRow } from './core/rows.mjs'
import { authToken, cycle, makeCalls, makeMessages, publicUrl, url } from './core/webhooks.mjs'

/** @typedef {ReturnType<typeof makeMessages>[number]} Message */

const key = createSecretKey(Buffer.from(authToken))
const padded = Buffer.from(authToken.padEnd(64, '\0'))
const innerPad = String.fromCharCode(...padded.map((byte) => byte ^ 0x36))
const outer = Buffer.concat([padded.map((byte) => byte ^ 0x5c), Buffer.alloc(20)])

/** @param {string} text */
function sign(text) {
  const inner = hash('sha1', innerPad + text, 'binary')
  for (let index = 0; index < 20; index++) outer[64 + index] = inner.charCodeAt(index)
  return hash('sha1', outer, 'base64')
}

/** @type {number[][]} */
const orders = []

/** @param {readonly string[]} names @param {readonly number[]} order */
function isAscending(names, order) {
  for (let rank = 1; rank < order.length; rank++)
    if (!(at(names, at(order, rank - 1)) < at(names, at(order, rank)))) return false
  return true
}

/** @param {readonly string[]} names */
function orderNames(names) {
  const last = orders[names.length]
  if (last !== undefined && isAscending(names, last)) return last
  const order = [...names.keys()].sort((one, other) => (at(names, one) < at(names, other) ? -1 : 1))
  orders[names.length] = order
  return order
}

/** @template T @param {readonly T[]} list @param {number} index */
function at(list, index) {
  return /** @type {T} */ (list[index])
}

/** @param {Readonly<Record<string, string>>} params */
function joinRecord(params) {
  const names = Object.keys(params)
  let text = ''
  for (const index of orderNames(names)) text += at(names, index) + params[at(names, index)]
  return text
}

/** @param {readonly (readonly string[])[]} pairs */
function joinPairs(pairs) {
  let text = ''
  for (const index of orderNames(pairs.map((pair) => at(pair, 0)))) {
    const pair = at(pairs, index)
    text += at(pair, 0) + at(pair, 1)
  }
  return text
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @param {Uint8Array} bytes a form in which every field has a name and a `=` */
function parse(bytes) {
  const text = decoder.decode(bytes)
  const pairs = []
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    const next = text.indexOf('&', start)
    end = next === -1 ? text.length : next
    const equals = text.indexOf('=', start)
    pairs.push([text.slice(start, equals), decode(text.slice(equals + 1, end))])
  }
  return pairs
}

/** @param {string} value */
function decode(value) {
  const plus = value.indexOf('+')
  const spaced = plus === -1 ? value : `${value.slice(0, plus)} ${value.slice(plus + 1)}`.replace(/\+/g, ' ')
  if (!spaced.includes('%')) return spaced
  return spaced.startsWith('%2B') && !spaced.includes('%', 1) ? `+${spaced.slice(3)}` : decodeURIComponent(spaced)
}

/** @param {boolean} holds */
function expect(holds) {
  if (!holds) throw new Error('A genuine request was refused.')
}

/** @param {string} one @param {string} other */
function isEqual(one, other) {
  let difference = one.length ^ other.length
  for (let index = 0; index < one.length; index++) difference |= one.charCodeAt(index) ^ other.charCodeAt(index)
  return difference === 0
}

const base64 = /^[A-Za-z0-9+/]*[AEIMQUYcgkosw048]=$/
const wholeUrl = /^(https?):\/\/([^/?#\\\s]*@)?([^/?#:@\\\s]+)(:\d{1,5})?(\/[^?#\s]*)?(\?[^#\s]*)?(?:#.*)?$/i

/** @param {string} given */
function readUrl(given) {
  const [, scheme, userinfo = '', host, port = '', urlPath = '', query = ''] = wholeUrl.exec(given) ?? []
  expect(userinfo === '')
  return `${scheme}://${host}${port}${urlPath}${query}`
}

/** @type {Record<string, (message: Message) => void>} */
const stepsOfValidate = {
  'the HMAC, as two hashes': ({ text }) => void sign(text),
  'and sort and join the parameters': ({ params }) => void sign(url + joinRecord(params)),
  'and compare the signatures': ({ params, signature }) => expect(isEqual(sign(url + joinRecord(params)), signature)),
  'and check the form of the signature': ({ params, signature }) =>
    expect(base64.test(signature) && isEqual(sign(url + joinRecord(params)), signature)),
  'and split and join the URL': ({ params, signature }) =>
    expect(base64.test(signature) && isEqual(sign(readUrl(url) + joinRecord(params)), signature)),
}

const otherUrl = url.replace('.com', '.com:443')

/** @type {Record<string, (message: Message) => void>} */
const stepsOfForged = {
  'two HMACs': ({ text }) => {
    sign(text)
    sign(text)
  },
  'and sort and join the parameters': ({ params }) => {
    // One flat text, so that its pieces are joined once.
    const text = joinRecord(params)
    expect(text.charCodeAt(0) > 0)
    sign(url + text)
    sign(otherUrl + text)
  },
  'and all other steps': ({ params, forged }) => {
    expect(base64.test(forged))
    const given = readUrl(url)
    const text = joinRecord(params)
    expect(text.charCodeAt(0) > 0)
    expect(!isEqual(sign(given + text), forged) && !/'|%27/.test(given) && !isEqual(sign(otherUrl + text), forged))
  },
}

/** @param {Message['request']} request @param {string} signature @param {string} signedUrl */
function proveForm({ body }, signature, signedUrl) {
  const pairs = parse(body)
  expect(isEqual(sign(signedUrl + joinPairs(pairs)), signature))
  return pairs
}

/** @param {Readonly<Record<string, unknown>>} headers */
function makeReader(headers) {
  expect(Object.keys(headers).every((field) => field === field.toLowerCase()))
  return (/** @type {string} */ field) => {
    const value = Object.hasOwn(headers, field) ? headers[field] : undefined
    expect(value === undefined || typeof value === 'string')
    return /** @type {string | undefined} */ (value)
  }
}

/** @param {Message['request']} request @returns the signature */
function readHead({ method, headers }) {
  const read = makeReader(headers)
  const signature = read('x-twilio-signature') ?? ''
  expect(method === 'POST' && base64.test(signature))
  expect(read('x-twilio-webhooks-signature-settings') === undefined && read('x-twilio-signature-key-sid') === undefined)
  expect(read('content-encoding') === undefined && Number(read('content-length') ?? 0) <= 1_048_576)
  expect(read('content-type') === 'application/x-www-form-urlencoded; charset=UTF-8')
  expect(/^[\w.-]+$/.test(read('host') ?? ''))
  return signature
}

/** @param {readonly (readonly string[])[]} pairs */
function findAccount(pairs) {
  const named = []
  for (const [name = '', value = ''] of pairs)
    if (name === 'AccountSid' || name === 'account_sid' || name === 'interactionAccountSid') named.push(value)
  expect(named.length === 1 && /^AC[0-9a-f]{32}$/i.test(at(named, 0)))
  return at(named, 0)
}

/** @param {Message['request']} request */
function proveRequest(request) {
  const signature = readHead(request)
  expect(/^\/[\w/-]*$/.test(request.url))
  const signedUrl = publicUrl + request.url
  const pairs = proveForm(request, signature, signedUrl)
  return { pairs, signedUrl, accountSid: findAccount(pairs) }
}

class Params {
  /** @type {readonly (readonly string[])[]} */
  #pairs
  /** @param {readonly (readonly string[])[]} pairs */
  constructor(pairs) {
    this.#pairs = pairs
    Object.freeze(this)
  }
  /** @param {string} name */
  get(name) {
    return this.#pairs.find((pair) => pair[0] === name)?.[1]
  }
}

const source = Symbol('source')
const outcome = { delivery: undefined, async confirm() {}, async release() {} }
/** @type {PropertyDescriptor & ThisType<{ [source]: () => Uint8Array }>} */
const lateBody = {
  enumerable: true,
  get() {
    return this[source]()
  },
}

/** @param {Message['request']} request */
function makeVerdict(request) {
  const { pairs, signedUrl, accountSid } = proveRequest(request)
  const readBody = () => request.body
  const verdict = {
    [source]: readBody,
    ok: true,
    scheme: 'twilio',
    params: new Params(pairs),
    json: () => JSON.parse(readBody().toString()),
    handshake: false,
    covers: 'params',
    accountSid,
    matched: { key: { kind: 'auth_token', index: 0 }, algorithm: 'HMAC_SHA1', url: signedUrl },
    delivery: outcome.delivery,
    confirm: outcome.confirm,
    release: outcome.release,
  }
  return Object.defineProperty(verdict, 'body', lateBody)
}

/** @type {Record<string, (message: Message) => unknown>} */
const stepsOfVerify = {
  'decode and parse the body': ({ body }) => void parse(body),
  'and prove it, as above': ({ request, signature }) => void proveForm(request, signature, url),
  'and read the headers': ({ request }) => void proveForm(request, readHead(request), url),
  'and read the URL and the account': ({ request }) => void proveRequest(request),
  'and make the verdict': ({ request }) => void makeVerdict(request),
  'and give it as a promise': async ({ request }) => makeVerdict(request),
}

const validator = new RequestValidator(authToken)
const validate = (/** @type {Message} */ { params, signature }) => expect(validator.validate(url, params, signature))
const refuse = (/** @type {Message} */ { params, forged }) => expect(!validator.validate(url, params, forged))
const verifier = createVerifier({ publicUrl, authToken })
const verify = (/** @type {Message} */ { request }) => verifier.verify(request)

/** @type {[what: string, messages: Message[], steps: Record<string, (message: Message) => unknown>][]} */
const groups = [
  ['validate, an SMS', makeMessages(), { ...stepsOfValidate, 'RequestValidator: validate': validate }],
  ['validate, a call', makeCalls(), { ...stepsOfValidate, 'RequestValidator: validate': validate }],
  ['validate, a forged SMS', makeMessages(), { ...stepsOfForged, 'RequestValidator: validate': refuse }],
  ['verify from bytes and headers, an SMS', makeMessages(), { ...stepsOfVerify, 'createVerifier: verify': verify }],
]

for (const [what, messages, steps] of groups) {
  const next = cycle(messages)
  const contenders = Object.fromEntries(Object.entries(steps).map(([step, work]) => [step, () => work(next())]))
  const base = () => createHmac('sha1', key).update(next().text).digest('base64')
  const ratios = await compare({ base, contenders, rounds: 31 })
  console.log(`\n${what}`)
  for (const [step, figures] of Object.entries(ratios)) {
    const { figure, spread } = makeRow(step, figures)
    console.log(step.padEnd(38), figure.padStart(8), `  middle half of the rounds: ${spread}`)
  }
}
