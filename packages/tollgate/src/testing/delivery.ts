import { parseUrl } from '../checks/runtime.ts'
import type { WebhookKind } from '../params/kinds.ts'
import type { SignRequestInput } from './compose.ts'
import { sampleWebhook } from './sample-webhook.ts'
import { type SignedRequest, signRequest } from './sign-request.ts'

/** What a test server sends instead of a sample: the input of `signRequest`, but for the URL. */
export type TestRequest = Omit<SignRequestInput, 'url' | 'handshake'>

/** An application under test, and Twilio before it. */
export interface TestServer {
  /** The public URL that requests are signed for, without a slash at the end. */
  readonly url: string
  /** The Auth Token that signs, made for this server alone. */
  readonly authToken: string
  /**
   * Signs a sample webhook for the path, delivers it, and resolves with the application's answer. The path begins with
   * a slash and may have a query. `overrides` are those of `sampleWebhook`.
   */
  send(path: string, kind: WebhookKind, overrides?: Readonly<Record<string, string>>): Promise<Response>
  /** The same for a request of your own; with another `authToken` it is a forged one. */
  send(path: string, request: TestRequest): Promise<Response>
  /** Frees what the server holds. */
  close(): Promise<void>
}

/** What the application is configured with. */
export type TestSetting = Pick<TestServer, 'url' | 'authToken'>

export interface TestServerOptions {
  /** The public URL that the application is configured with, for a test of one behind a proxy. Its path is a prefix. */
  publicUrl?: string | undefined
}

/** A signed request and what remains of its URL once the public URL's prefix is gone: as a proxy passes it on. */
export interface Delivery extends SignedRequest {
  readonly target: string
}

export function makeTestToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The public URL without a slash at its end; a TypeError where it has what Twilio does not sign, or is none. */
export function readPublicUrl(given: unknown): string {
  const url = typeof given === 'string' ? parseUrl(given) : undefined
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && !/[?#@]/.test(given as string)
  if (!isPlain) throw new TypeError('"publicUrl" must be an http or https URL without userinfo, query and fragment')
  return (given as string).replace(/\/$/, '')
}

/** Signs what `send` was given. */
export function signDelivery(
  setting: TestSetting,
  path: string,
  what: WebhookKind | TestRequest,
  overrides: Readonly<Record<string, string>> | undefined,
): Delivery {
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw new TypeError('"path" must begin with a slash, as in send("/sms", "message.inbound")')
  const content = typeof what === 'string' ? sampleWebhook(what, overrides) : what
  if (typeof content !== 'object' || content === null || Object.hasOwn(content, 'url'))
    throw new TypeError('send() takes a path, and then a kind of webhook or what to sign without its "url"')
  if ('handshake' in content)
    throw new TypeError(
      'A handshake is answered by a socket: sign it with signRequest and open it with a WebSocket client',
    )
  const signer = content as TestRequest
  const key = signer.authToken === undefined && signer.sharedKey === undefined ? { authToken: setting.authToken } : {}
  const signed = signRequest({ ...signer, ...key, url: setting.url + path })
  return { ...signed, target: signed.url.slice(setting.url.length) }
}
