import { readOptions } from '../checks/options.ts'
import { parseUrl } from '../checks/runtime.ts'
import { makeRandomToken } from '../checks/secrets.ts'
import type { SignRequestInput } from '../schemes/twilio/test-request.ts'
import type { WebhookKind } from '../schemes/twilio/webhooks/index.ts'
import { sampleWebhook } from '../schemes/twilio/webhooks/sample-webhook.ts'
import { renewSids } from './renew-sids.ts'
import { recordVerdict } from './sent.ts'
import { type SignedRequest, signRequest } from './sign-request.ts'

/** A request of your own for a test server: the input of `signRequest` without the URL. */
export type TestRequest = Omit<SignRequestInput, 'url' | 'handshake'>

/** An application under test. Requests to it are signed as Twilio signs them. */
export interface TestServer {
  /** The public URL that requests are signed for, without a slash at the end. */
  readonly url: string
  /** The Auth Token that signs. Each server has its own. */
  readonly authToken: string
  /**
   * Signs a sample webhook, sends it to the application, and resolves with the response. The
   * matchers of `tollgate/testing/vitest` and `/jest` find the verdict of that response. Each webhook
   * has new SIDs, unless an override sets them. To send a repetition, send the same request twice,
   * such as a `sampleWebhook`.
   *
   * @param path begins with a slash. It may have a query.
   * @param kind one of `webhookKinds`.
   * @param overrides as in `sampleWebhook`.
   */
  send(path: string, kind: WebhookKind, overrides?: Readonly<Record<string, string>>): Promise<Response>
  /**
   * Sends a request of your own. With another `authToken` it is a forged one.
   *
   * @param path begins with a slash. It may have a query.
   * @param request the input of `signRequest`, without the URL.
   */
  send(path: string, request: TestRequest): Promise<Response>
  /** Closes the server. */
  close(): Promise<void>
}

/** The options that the application needs to accept the requests of a test server. */
export type TestSetting = Pick<TestServer, 'url' | 'authToken'>

/** Options of `testServer`. Unknown properties are a `TypeError`. */
export interface TestServerOptions {
  /**
   * The public URL of an application behind a proxy. The path of the URL is a prefix that the proxy
   * strips. Default: the server's own URL.
   */
  publicUrl?: string | undefined
}

/** The options of `testServer`. */
export const testServerOptions = { publicUrl: { type: 'other' } } as const

/**
 * A handler of web requests, or an object that has one as `fetch`: a Hono app, the export of a
 * Worker.
 */
export type FetchApplication = FetchHandler | { fetch: FetchHandler }
type FetchHandler = (request: Request) => Response | Promise<Response>

/**
 * Tests an application that handles web requests. It needs no socket and runs everywhere. For a
 * listener of `node:http` (Express, Koa, Fastify), use the `testServer` of `tollgate/testing/node`.
 *
 * @param makeApplication is called once, with the public URL and the Auth Token for the
 *   application's options. It may set environment variables, and then import a module that reads
 *   them.
 * @returns a server whose `send` rejects if the application throws.
 * @throws TypeError for an unknown option, or if `makeApplication` does not return an application.
 */
export async function testServer(
  makeApplication: (setting: TestSetting) => FetchApplication | Promise<FetchApplication>,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const publicUrl = readTestOptions(makeApplication, options) ?? 'https://example.com'
  const setting = { url: publicUrl, authToken: makeRandomToken() }
  const handle = readApplication(await makeApplication(setting))
  const { origin } = new URL(setting.url)
  return {
    ...setting,
    async send(path, request, overrides?: Readonly<Record<string, string>>) {
      const signed = signTestRequest(setting, path, request, overrides)
      const { method, headers, body, target } = signed
      const init = { method, headers }
      return recordVerdict(signed, async () =>
        handle(new Request(origin + target, body === undefined ? init : { ...init, body })),
      )
    },
    async close() {},
  }
}

function readApplication(application: unknown): FetchHandler {
  if (typeof application === 'function') return application as FetchHandler
  const { fetch } = (application ?? {}) as { fetch?: unknown }
  if (typeof fetch === 'function') return (request) => (application as { fetch: FetchHandler }).fetch(request)
  throw new TypeError(
    'testServer needs a function that returns a fetch handler or an object with one; for a listener of node:http ' +
      "import testServer from 'tollgate/testing/node'",
  )
}

/**
 * Checks the arguments of a `testServer`.
 *
 * @returns the public URL without a slash at the end, or `undefined` if it is not given.
 */
export function readTestOptions(makeApplication: unknown, options: TestServerOptions): string | undefined {
  readOptions(options, testServerOptions, 'testServer')
  if (typeof makeApplication !== 'function')
    throw new TypeError('testServer needs a function that makes the application: testServer(({ url, authToken }) => …)')
  return options.publicUrl === undefined ? undefined : readPublicUrl(options.publicUrl)
}

function readPublicUrl(given: unknown): string {
  const url = typeof given === 'string' ? parseUrl(given) : undefined
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && !/[?#@]/.test(given as string)
  if (!isPlain) throw new TypeError('"publicUrl" must be an http or https URL without userinfo, query and fragment')
  return (given as string).replace(/\/$/, '')
}

/**
 * A signed request, and the target that a proxy would pass on after it strips the prefix of the
 * public URL.
 */
export interface SignedTestRequest extends SignedRequest {
  readonly target: string
  /** True if another token than the server's signed it. */
  readonly isForged: boolean
}

function makeSample(kind: WebhookKind, overrides: Readonly<Record<string, string>> | undefined): TestRequest {
  return renewSids(sampleWebhook(kind, overrides), Object.values(overrides ?? {}))
}

/** Signs a request for `send`. */
export function signTestRequest(
  setting: TestSetting,
  path: string,
  request: WebhookKind | TestRequest,
  overrides: Readonly<Record<string, string>> | undefined,
): SignedTestRequest {
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw new TypeError('"path" must begin with a slash, as in send("/sms", "message.inbound")')
  const content = typeof request === 'string' ? makeSample(request, overrides) : request
  if (typeof content !== 'object' || content === null || Object.hasOwn(content, 'url'))
    throw new TypeError('send() takes a path, and then a kind of webhook or a request without its "url"')
  if ('handshake' in content)
    throw new TypeError(
      'A handshake is answered by a socket: sign it with signRequest and open it with a WebSocket client',
    )
  const input = content as TestRequest
  const key = input.authToken === undefined && input.sharedKey === undefined ? { authToken: setting.authToken } : {}
  const signed = signRequest({ ...input, ...key, url: setting.url + path })
  const isForged = input.authToken !== undefined && input.authToken !== setting.authToken
  return { ...signed, target: signed.url.slice(setting.url.length), isForged }
}
