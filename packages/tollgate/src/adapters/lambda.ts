import type { AnyWebhook, BodyConsumed, IncomingRequest, Webhook, WebhookSource } from '../index.ts'
import type { FullAnswer } from './shared/answer.ts'
import { checkHandler, createGuard, type GuardOptions, type OptionsSource } from './shared/guard.ts'
import { rawCharacters, respellQuery } from './shared/query-spellings.ts'
import { settle } from './shared/settle.ts'

/** The options of `twilioWebhook` and `twilioWebhookMiddy`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S>

/**
 * A handler for verified webhooks. It also gets Lambda's event and context.
 * @param webhook The verified webhook. In `observe` mode check `ok` first.
 * @param event The event, as it arrived.
 * @param context Lambda's context.
 */
export type WebhookHandler<S extends WebhookSource, Event, Context, Result> = (
  webhook: Webhook<S>,
  event: Event,
  context: Context,
) => Result | Promise<Result>

/**
 * Wraps a handler into a Lambda handler, for REST and HTTP APIs of API Gateway, Function URLs and
 * Application Load Balancers. Requests that do not verify are answered. The handler runs for the
 * others; in `observe` mode for all. Its exceptions go to Lambda.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @param handler Gets the webhook, the event and the context.
 * @returns a Lambda handler, which resolves with the result of yours or with the rejection
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook<
  S extends WebhookSource = 'enforce',
  Event extends LambdaEvent = LambdaEvent,
  Context = unknown,
  Result = unknown,
>(
  options: OptionsSource<TwilioWebhookOptions<S>> | undefined = {},
  handler: WebhookHandler<S, Event, Context, Result>,
): (event: Event, context: Context) => Promise<Result | LambdaAnswer> {
  const guard = createGuard(options)
  checkHandler(handler)
  return async (event, context) => {
    const outcome = await guard.check(() => toIncomingRequest(event), event)
    if (outcome.webhook === undefined) return toLambdaAnswer(outcome.answer, event)
    const { webhook, reserved } = outcome
    let status: number | undefined
    try {
      const result = await handler(webhook as Webhook<S>, event, context)
      status = readStatus(result)
      return result
    } finally {
      // Awaited, because Lambda stops the process as soon as it has the answer.
      await settle(reserved, status)
    }
  }
}

/** The object that Middy passes to each middleware. */
export interface MiddyRequest<S extends WebhookSource = 'enforce'> {
  event: LambdaEvent & { twilio: Webhook<S> }
  response?: unknown
}

/** A middleware of Middy. `before` answers rejections, and the others report how the work ended. */
export interface TwilioMiddleware<S extends WebhookSource = 'enforce'> {
  /** @param request Its `event` gets the webhook, as `event.twilio`. */
  before(request: MiddyRequest<S>): Promise<LambdaAnswer | undefined>
  /** @param request The status of its `response` confirms or releases a replay reservation. */
  after(request: MiddyRequest<S>): Promise<void>
  /** @param request The same object as for `before`: its replay reservation is released. */
  onError(request: MiddyRequest<S>): Promise<void>
}

/**
 * Creates a middleware of Middy. Requests that do not verify are answered, and the handler does not
 * run. The webhook is in `event.twilio`. Use it before any middleware that parses bodies.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhookMiddy<S extends WebhookSource = 'enforce'>(
  options: OptionsSource<TwilioWebhookOptions<S>> = {},
): TwilioMiddleware<S> {
  const guard = createGuard(options)
  // By Middy's own object, which lasts as long as the request. Other middleware may replace the
  // event.
  const pending = new WeakMap<object, AnyWebhook>()
  return {
    async before(request) {
      const { event } = request
      const outcome = await guard.check(() => toIncomingRequest(event), event)
      if (outcome.webhook === undefined) return toLambdaAnswer(outcome.answer, event)
      event.twilio = outcome.webhook as Webhook<S>
      pending.set(request, outcome.webhook)
      return undefined
    },
    after: (request) => settle(pending.get(request), readStatus(request.response)),
    onError: (request) => settle(pending.get(request), undefined),
  }
}

/** Reads the status of a handler's result. NaN if it has none: then it is no failure. */
function readStatus(result: unknown): number {
  return Number(Object(result).statusCode)
}

type Texts = Readonly<Record<string, string | undefined>> | null | undefined
type TextLists = Readonly<Record<string, readonly string[] | undefined>> | null | undefined

/**
 * The part of an event that is read: of REST and HTTP APIs, Function URLs and load balancers. The
 * types of `@types/aws-lambda` fit.
 */
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

/** An answer that fits every kind of event. */
export interface LambdaAnswer {
  statusCode: number
  headers?: Record<string, string>
  multiValueHeaders?: Record<string, string[]>
  body: string
  isBase64Encoded: boolean
}

/** Reads an event for the verifier. It has passed AWS, but the sender still chose what is in it. */
function toIncomingRequest(given: LambdaEvent): IncomingRequest {
  const event: LambdaEvent = Object(given)
  const mapped = readMapped(event)
  if (mapped !== undefined) return mapped
  const headers = readHeaders(event)
  const isBehindBalancer = event.requestContext?.elb !== undefined
  const encrypted = !isBehindBalancer || headers.get('x-forwarded-proto')?.[0] === 'https'
  // AWS sets these two, from the connection to AWS. They are not the headers of a proxy before it.
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

/**
 * Reads the event that a mapping template made, of Serverless (`integration: lambda`) or of API
 * Gateway (`Method request passthrough`). The template has parsed the body, so nothing of this
 * verifies: the rejection says which integration to use.
 * @returns `undefined` for an event of a proxy integration, and for one without a method
 */
function readMapped(event: LambdaEvent): IncomingRequest | undefined {
  const {
    httpMethod,
    requestContext,
    method,
    requestPath,
    headers,
    context,
    params,
  }: Readonly<Record<string, unknown>> = { ...event }
  if (httpMethod !== undefined || requestContext !== undefined) return undefined
  const { 'http-method': ofContext, 'resource-path': pathOfContext } = Object(context)
  const named = [method, ofContext].find((one) => typeof one === 'string')
  if (named === undefined) return undefined
  const path = [requestPath, pathOfContext].find((one) => typeof one === 'string')
  const found = gather((headers ?? Object(params).header) as Texts)
  return {
    method: named,
    url: escapePath(path ?? '/'),
    headers: Object.fromEntries(found) as Record<string, string[]>,
    body: mappedBody,
  }
}

const mappedBody: BodyConsumed = {
  consumedBy: 'a mapping template of API Gateway',
  fix: 'The event is not one of a proxy integration: set `integration: lambda-proxy` (API Gateway: Lambda proxy integration).',
}

function toLambdaAnswer({ status, headers, body }: FullAnswer, event: LambdaEvent): LambdaAnswer {
  const answer = { statusCode: status, body, isBase64Encoded: false }
  // A load balancer with multi-value headers ignores `headers`.
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
  // API Gateway decodes the query. A load balancer does not.
  const spell = isBehindBalancer ? String : encode
  const pairs = Object.entries(lists ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => `${spell(name)}=${spell(value ?? '')}`),
  )
  // In an event of a REST API, only the path of the context has the stage, as the client requested
  // it.
  const path = escapePath(event.requestContext?.path ?? event.path)
  const url = pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
  return { method: event.httpMethod ?? '', url, urlIsNormalized: isBehindBalancer ? respellFields : respellQuery }
}

/**
 * Lists the spellings of a load balancer's query that Twilio may have signed. The event has each
 * name and value as it was sent. It does not show the `=` of a name without a value, a `&` at the
 * end, and whether something escaped the characters that a URL should not have.
 */
function respellFields(query: string): readonly string[] {
  const withoutEquals = (one: string): string => one.replace(/([?&](?![A-Z])[^=&]+)=(?=&|$)/g, '$1')
  const unescaped = query.replace(rawCharacters, decodeURIComponent)
  const spellings = [query, unescaped].flatMap((one) => [one, withoutEquals(one)])
  return query === '' ? [] : spellings.flatMap((one) => [one, `${one}&`])
}

/** Encodes what an encoded path cannot hold. HTTP APIs decode the path, and the others do not. */
function escapePath(path: unknown): string {
  // A mapping template makes other values, such as an object.
  const text = typeof path === 'string' ? path : ''
  return text.replace(/[^\x21-\x7e]+|[?#]|%(?![0-9a-f]{2})/giu, encode)
}

function encode(text: unknown): string {
  return encodeURIComponent(String(text).replace(/[\ud800-\udfff]/gu, '\ufffd'))
}

/**
 * Reads the headers by their lower-case names. The lists are preferred, because they have repeats.
 */
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
  // A form parser returns an empty object if there is no body.
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(String(headers.get('content-type')?.[0]))
  return isForm && Object.keys(body).length === 0 ? undefined : consumed
}

const consumed: BodyConsumed = {
  consumedBy: 'a body parser that ran before twilioWebhook',
  fix: 'Put twilioWebhookMiddy before httpUrlencodeBodyParser and httpJsonBodyParser.',
}
