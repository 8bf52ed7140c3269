// Longer than most: four kinds of event, which have to be told apart, and an answer that each of them takes.
import type { BodyConsumed, IncomingRequest } from '../../index.ts'
import type { FullAnswer } from './answer.ts'
import { respellQuery } from './query-spellings.ts'

type Texts = Readonly<Record<string, string | undefined>> | null | undefined
type TextLists = Readonly<Record<string, readonly string[] | undefined>> | null | undefined

/** What is read of the events of REST and HTTP APIs, Function URLs and load balancers. The types of `@types/aws-lambda` fit. */
export interface LambdaEvent {
  readonly version?: string | undefined
  readonly httpMethod?: string | undefined
  readonly path?: string | undefined
  readonly rawPath?: string | undefined
  readonly rawQueryString?: string | undefined
  readonly queryStringParameters?: Texts
  readonly multiValueQueryStringParameters?: TextLists
  readonly headers?: Texts
  readonly multiValueHeaders?: TextLists
  readonly body?: unknown
  readonly isBase64Encoded?: boolean | undefined
  readonly requestContext?:
    | {
        readonly path?: string | undefined
        readonly identity?: { readonly sourceIp?: string | undefined } | undefined
        readonly http?: { readonly method?: string | undefined; readonly sourceIp?: string | undefined } | undefined
        readonly elb?: unknown
      }
    | undefined
}

/** An answer that each of these takes. */
export interface LambdaAnswer {
  statusCode: number
  headers?: Record<string, string>
  multiValueHeaders?: Record<string, string[]>
  body: string
  isBase64Encoded: boolean
}

/** What `verify` needs of an event. Events hold what the front door made of a request: it is hostile all the same. */
export function toIncomingRequest(given: LambdaEvent): IncomingRequest {
  const event: LambdaEvent = Object(given)
  const headers = readHeaders(event)
  const isBehindBalancer = event.requestContext?.elb !== undefined
  const encrypted = !isBehindBalancer || headers.get('x-forwarded-proto')?.[0] === 'https'
  // AWS writes these two itself: they tell of the connection that it ended, not of a proxy before it.
  for (const name of ['x-forwarded-proto', 'x-forwarded-port']) headers.delete(name)
  const { http, identity } = event.requestContext ?? {}
  return {
    ...(event.version === '2.0' ? readTargetV2(event) : readTarget(event, isBehindBalancer)),
    headers: Object.fromEntries(headers) as Record<string, string[]>,
    body: readBody(event, headers),
    encrypted,
    remoteAddress: http?.sourceIp ?? identity?.sourceIp,
  }
}

export function toLambdaAnswer({ status, headers, body }: FullAnswer, event: LambdaEvent): LambdaAnswer {
  const answer = { statusCode: status, body, isBase64Encoded: false }
  // A load balancer with multi-value headers drops the others.
  if (!event?.multiValueHeaders) return { ...answer, headers: { ...headers } }
  return {
    ...answer,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  }
}

type Target = Pick<IncomingRequest, 'method' | 'url' | 'urlIsNormalized'>

function readTargetV2({ rawPath, rawQueryString, requestContext }: LambdaEvent): Target {
  const query = rawQueryString ? `?${rawQueryString}` : ''
  return { method: requestContext?.http?.method ?? '', url: escapePath(rawPath) + query }
}

function readTarget(event: LambdaEvent, isBehindBalancer: boolean): Target {
  const lists = event.multiValueQueryStringParameters ?? event.queryStringParameters
  // API Gateway decodes the query, a load balancer does not.
  const spell = isBehindBalancer ? String : encode
  const pairs = Object.entries(lists ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => `${spell(name)}=${spell(value ?? '')}`),
  )
  // The path of a REST API's event lacks its stage, that of its context is the one that was requested.
  const path = escapePath(event.requestContext?.path ?? event.path)
  const url = pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
  return { method: event.httpMethod ?? '', url, urlIsNormalized: !isBehindBalancer && respellQuery }
}

/** HTTP APIs decode the path, the others do not: only what no encoded path can hold is encoded. */
function escapePath(path: unknown): string {
  return String(path ?? '').replace(/[^\x21-\x7e]+|[?#]|%(?![0-9a-f]{2})/giu, encode)
}

function encode(text: unknown): string {
  return encodeURIComponent(String(text).replace(/[\ud800-\udfff]/gu, '\ufffd'))
}

/** By lower-case names; where there are lists, they know of repeats. */
function readHeaders(event: LambdaEvent): Map<string, unknown[]> {
  return new Map([...gather(event.headers), ...gather(event.multiValueHeaders)])
}

function gather(source: Texts | TextLists): Map<string, unknown[]> {
  const headers = new Map<string, unknown[]>()
  for (const [name, value] of Object.entries(source ?? {})) {
    const key = name.toLowerCase()
    headers.set(key, [...(headers.get(key) ?? []), ...[value].flat()])
  }
  return headers
}

function readBody(event: LambdaEvent, headers: ReadonlyMap<string, readonly unknown[]>): IncomingRequest['body'] {
  const { body } = event
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string') return event.isBase64Encoded === true ? Buffer.from(body, 'base64') : body
  // What a parser of forms makes of no body at all.
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(String(headers.get('content-type')?.[0]))
  return isForm && Object.keys(body).length === 0 ? undefined : consumed
}

const consumed: BodyConsumed = {
  consumedBy: 'a body parser that ran before twilioWebhook',
  fix: 'Put twilioWebhookMiddy before httpUrlencodeBodyParser and httpJsonBodyParser.',
}
