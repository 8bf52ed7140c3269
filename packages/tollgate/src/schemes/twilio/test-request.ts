import { decodeUtf8, encodeUtf8 } from '../../bytes.ts'
import { isBytes, readEnvironment } from '../../checks/runtime.ts'
import { describeSecretFault, describeTokenFault } from '../../checks/secrets.ts'
import { isFormType, type Pairs, parseForm, serializeForm } from '../../form.ts'
import {
  type AlgorithmName,
  algorithms,
  defaultAlgorithm,
  findAlgorithm,
  sharedKeyAlgorithm,
} from '../../hmac/algorithms.ts'
import { isWebSocketScheme, splitUrl } from '../../url.ts'
import { createSigner, findBodyHash, hashBody } from './sign/signature.ts'
import { parseSignatureSettings } from './sign/signature-settings.ts'
import { joinSigningString, type Params, toPairs } from './sign/signing-string.ts'

/**
 * The input of `signRequest`. At most one of `params`, `json` and `body`. Unknown properties are a
 * `TypeError`.
 */
export interface SignRequestInput {
  /**
   * The URL that Twilio is configured with: absolute, http, https, ws or wss, in printable ASCII.
   * Percent-encode other characters. It is signed unchanged, but without userinfo and fragment,
   * which Twilio neither signs nor sends.
   */
  url: string
  /**
   * The method. Default: POST with `params`, `json` or `body`. Otherwise, and for a handshake, GET.
   */
  method?: string | undefined
  /**
   * Strings by name. A POST sends them as a form. A GET and a handshake add them to the query.
   * Default: none.
   */
  params?: Params | undefined
  /**
   * A body that `JSON.stringify` writes. Its hash is added to the query as `bodySHA256`. Default:
   * none.
   */
  json?: unknown
  /**
   * A body in UTF-8. With the content type of a form its parameters are signed, otherwise its
   * `bodySHA256`. Default: none.
   */
  body?: string | Uint8Array | undefined
  /**
   * The Content-Type. Default: `application/x-www-form-urlencoded` for `params`, `application/json`
   * for `json` and `body`.
   */
  contentType?: string | undefined
  /**
   * Headers that are added to those of Twilio, or replace them. The headers of the signature cannot
   * be replaced. Default: none.
   */
  headers?: Readonly<Record<string, string>> | undefined
  /**
   * A WebSocket handshake: the URL is signed as wss, its query as parameters. Default: true for a
   * ws or wss URL.
   */
  handshake?: boolean | undefined
  /**
   * The Auth Token, which signs with HMAC-SHA1. Default: TWILIO_AUTH_TOKEN of the environment,
   * unless `sharedKey` is given.
   */
  authToken?: string | undefined
  /**
   * A SharedKey. Its id and its algorithm are sent in X-Twilio-Webhooks-Signature-Settings. Its
   * algorithm is `'HMAC_SHA256'` if it names none. Default: none.
   */
  sharedKey?:
    | { readonly id: string; readonly secret: string; readonly algorithm?: AlgorithmName | undefined }
    | undefined
}

/** A request as Twilio would send it, with the URL and the parameters that Twilio would sign. */
interface Composed {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string | undefined
  readonly handshake: boolean
  readonly signedUrl: string
  readonly signedParams: Pairs
}

interface RequestContent {
  readonly query: string
  readonly body?: string
  readonly contentType?: string
  readonly signedParams: Pairs
}

const formContentType = 'application/x-www-form-urlencoded'
// The headers of Twilio's client in captures. The key is the example of RFC 6455, so that requests
// are reproducible.
const clientHeaders = { 'user-agent': 'TwilioProxy/1.1', accept: '*/*' }
const handshakeHeaders = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

/**
 * Builds the request that `signRequest` signs. It checks the input and throws a TypeError that
 * names the property.
 */
function composeRequest(input: SignRequestInput): Composed {
  const parts = splitUrl(input.url)
  if (parts === undefined)
    throw new TypeError(
      '"url" must be an absolute http, https, ws or wss URL with a host, as Twilio is configured with it',
    )
  const { scheme, host, port, path, query } = parts
  if (/[^!-~]/.test(host + path + query))
    throw new TypeError(
      '"url" must be spelled as it is sent: percent-encode blanks and non-ASCII, write the host in ASCII',
    )

  const handshake = isWebSocketScheme(scheme) || input.handshake === true
  const given = readHeaders(input.headers)
  const contentType = given['content-type'] ?? readContentType(input.contentType)
  const method = readMethod(input, handshake)
  const content = handshake
    ? composeHandshake(input, query)
    : method === 'GET' || method === 'HEAD'
      ? composeGet(input, query)
      : composeBody(input, query, contentType)

  const origin = `${host}${port}${path}`
  const url = `${scheme}://${origin}${content.query}`
  return {
    method,
    url,
    headers: {
      ...clientHeaders,
      ...(handshake && handshakeHeaders),
      ...(content.contentType !== undefined && { 'content-type': content.contentType }),
      ...given,
    },
    body: content.body,
    handshake,
    signedUrl: handshake ? `wss://${origin}` : url,
    signedParams: content.signedParams,
  }
}

function readMethod(input: SignRequestInput, handshake: boolean): string {
  const { params, json, body } = input
  const given = [params, json, body].filter((one) => one !== undefined).length
  if (given > 1) throw new TypeError('"params", "json" and "body" exclude each other')
  const method = (input.method ?? (handshake || given === 0 ? 'GET' : 'POST')).toUpperCase()
  if (!/^[A-Z]+$/.test(method)) throw new TypeError('"method" must be the name of an HTTP method')
  if (handshake && method !== 'GET') throw new TypeError(`A WebSocket handshake is a GET, not a ${method}`)
  if (/^(GET|HEAD)$/.test(method) && (json !== undefined || body !== undefined))
    throw new TypeError(`"${json === undefined ? 'body' : 'json'}" needs a POST: Twilio sends no body with a ${method}`)
  return method
}

// ConversationRelay signs the URL without its query, and the query as parameters. Media Streams has
// no query.
function composeHandshake(input: SignRequestInput, urlQuery: string): RequestContent {
  const query = appendQuery(urlQuery, serializeForm(readParams(input.params)))
  const signedParams = parseForm(query.slice(1))
  if (signedParams === undefined) throw new TypeError('"url" has a query with malformed percent-encoding')
  return { query, signedParams }
}

function composeGet(input: SignRequestInput, query: string): RequestContent {
  return { query: appendQuery(query, serializeForm(readParams(input.params))), signedParams: [] }
}

function composeBody(input: SignRequestInput, query: string, contentType: string | undefined): RequestContent {
  if (input.params !== undefined)
    return composeForm(serializeForm(readParams(input.params)), query, contentType ?? formContentType)
  if (input.json === undefined && input.body === undefined) {
    checkBodyHash(query, '')
    return { query, signedParams: [] }
  }
  const body = input.json === undefined ? readBody(input.body) : stringify(input.json)
  const type = contentType ?? 'application/json'
  if (input.json === undefined && isFormType(type)) return composeForm(body, query, type)
  if (isFormType(type)) throw new TypeError(`"json" cannot be sent with the content type of a form`)
  if (checkBodyHash(query, body)) return { query, body, contentType: type, signedParams: [] }
  const bound = appendQuery(query, `bodySHA256=${hashText(body)}`)
  return { query: bound, body, contentType: type, signedParams: [] }
}

function composeForm(body: string, query: string, contentType: string): RequestContent {
  if (!isFormType(contentType))
    throw new TypeError(
      `"params" are sent as a form in UTF-8, which "${contentType}" is not; give "json" or "body" instead`,
    )
  // Sign the pairs that a server will parse: UTF-8 replaces a lone surrogate.
  const signedParams = parseForm(body)
  if (signedParams === undefined)
    throw new TypeError(
      '"body" is not a form: it has malformed percent-encoding, invalid UTF-8, or more than 10,000 parameters',
    )
  if (body === '') checkBodyHash(query, '')
  return { query, body, contentType, signedParams }
}

/**
 * Returns true if the query already has the hash of this body. Throws if it has the hash of another
 * body.
 */
function checkBodyHash(query: string, body: string): boolean {
  const hash = findBodyHash(query)
  if (hash !== undefined && hash !== hashText(body))
    throw new TypeError('"url" already has a bodySHA256, and it is not that of this body; leave it out')
  return hash !== undefined
}

function hashText(text: string): string {
  return hashBody(encodeUtf8(text))
}

function appendQuery(query: string, more: string): string {
  if (more === '') return query
  if (query === '') return `?${more}`
  return query === '?' || query.endsWith('&') ? query + more : `${query}&${more}`
}

function readParams(params: SignRequestInput['params']): Pairs {
  const pairs = toPairs(params ?? [])
  if (pairs === undefined)
    throw new TypeError(
      '"params" must have strings, numbers, booleans, or lists of these, for values, and at most 10,000 parameters',
    )
  return pairs
}

function readBody(body: unknown): string {
  if (typeof body !== 'string' && !isBytes(body))
    throw new TypeError(`"body" must be a string or bytes, got ${typeof body}`)
  // A string is encoded, too: a lone surrogate is replaced now, as it would be when the body is
  // sent.
  const text = decodeUtf8(typeof body === 'string' ? encodeUtf8(body) : body)
  if (text === undefined) throw new TypeError('"body" is not valid UTF-8, and a signed request holds its body as text')
  return text
}

function stringify(json: unknown): string {
  const text: unknown = JSON.stringify(json)
  if (typeof text !== 'string') throw new TypeError(`"json" must be something JSON can express, got ${typeof json}`)
  return text
}

function readContentType(type: SignRequestInput['contentType']): string | undefined {
  if (type !== undefined && !isHeaderValue(type))
    throw new TypeError('"contentType" is a text that no header can carry')
  return type
}

const signatureHeaders = ['x-twilio-signature', 'x-twilio-webhooks-signature-settings']

function readHeaders(headers: SignRequestInput['headers']): Record<string, string> {
  const read: Record<string, string> = {}
  if (headers !== undefined && typeof headers !== 'object') throw new TypeError('"headers" must be an object')
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      throw new TypeError(`"headers" has an invalid name: ${JSON.stringify(name)}`)
    if (!isHeaderValue(value)) throw new TypeError(`"headers" has a value for "${name}" that no header can carry`)
    if (!signatureHeaders.includes(name.toLowerCase())) read[name.toLowerCase()] = value
  }
  return read
}

// Headers and node:http accept Latin-1 without control characters.
function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
}

/**
 * Composes a request and signs it as Twilio does.
 * @throws TypeError that names the property, for input that Twilio could not send.
 */
export function signContent(input: SignRequestInput): Omit<Composed, 'signedUrl' | 'signedParams'> {
  const { sign, settings } = readKey(input)
  const { method, url, headers, body, handshake, signedUrl, signedParams } = composeRequest(input)
  headers['x-twilio-signature'] = sign(joinSigningString(signedUrl, signedParams))
  if (settings !== undefined) headers['x-twilio-webhooks-signature-settings'] = settings
  return { method, url, headers, body, handshake }
}

interface SigningKey {
  sign(text: string): string
  readonly settings?: string
}

function readKey({ authToken, sharedKey }: SignRequestInput): SigningKey {
  if (authToken !== undefined && sharedKey !== undefined)
    throw new TypeError('"authToken" and "sharedKey" are both given: a request is signed with one of them')
  if (sharedKey !== undefined) return readSharedKey(sharedKey)
  const token = authToken ?? readEnvironment('TWILIO_AUTH_TOKEN')
  if (token === undefined)
    throw new TypeError('Nothing to sign with: give "authToken" or "sharedKey", or set TWILIO_AUTH_TOKEN')
  const fault = describeTokenFault(token)
  if (fault !== undefined)
    throw new TypeError(`${authToken === undefined ? 'TWILIO_AUTH_TOKEN' : '"authToken"'} ${fault}`)
  return { sign: createSigner(defaultAlgorithm, token) }
}

function readSharedKey(sharedKey: unknown): SigningKey {
  const { id, secret, algorithm }: { id?: unknown; secret?: unknown; algorithm?: unknown } = Object(sharedKey)
  const row = algorithm === undefined ? sharedKeyAlgorithm : findAlgorithm(algorithm)
  if (row === undefined)
    throw new TypeError(`"sharedKey.algorithm" must be one of ${algorithms.map(({ name }) => name).join(', ')}`)
  const settings = `key=${id},algorithm=${row.name}`
  if (typeof id !== 'string' || parseSignatureSettings(settings)?.keyId !== id)
    throw new TypeError('"sharedKey.id" must be at most 256 printable ASCII characters without blanks and commas')
  const fault = describeSecretFault(secret)
  if (fault !== undefined) throw new TypeError(`"sharedKey.secret" ${fault}`)
  return { sign: createSigner(row, secret as string), settings }
}
