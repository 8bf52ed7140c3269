import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { type TwilioWebhookOptions, twilioWebhook } from '../../packages/tollgate/src/adapters/express.ts'
import * as compat from '../../packages/tollgate/src/compat/index.ts'
import { type DiagnoseOptions, diagnose } from '../../packages/tollgate/src/diagnose/index.ts'
import {
  createVerifier,
  fromRequest,
  type IncomingRequest,
  RequestValidator,
  type VerifierOptions,
} from '../../packages/tollgate/src/index.ts'
import { cached } from '../../packages/tollgate/src/keys/index.ts'
import { memoryStore, replayGuard } from '../../packages/tollgate/src/replay/index.ts'
import { account, host, likeEvent, likeSms, type Ordinary, plainSms, type RawRequest } from './requests.ts'

/** A part of the library that receives hostile requests. */
export interface Entry {
  readonly name: string
  /** The largest allowed ratio between the CPU time of a hostile request and of an ordinary one. */
  readonly bound: number
  readonly ordinary: Ordinary
  /** The number of shares of the time. 1, unless its requests take long. */
  readonly share?: number
  /** Headers that every request has, so that it gets as far as this entry allows. */
  readonly headers?: RawRequest['headers']
  /** Prepares the objects that a server has, and returns the work to measure. */
  prepare(request: RawRequest): () => unknown
}

const sameSize = { bound: 25, ordinary: likeSms } as const
const origin = `https://${host}`
const authToken = '0123456789abcdef0123456789abcdef'
const publicUrl = origin
const otherAccount = `AC${'b2'.repeat(16)}`
const sharedKeys = { key1: 'a-shared-key-secret-for-tests' }
const allowedHosts = [host, '*.example.org']
const settings = { 'x-twilio-webhooks-signature-settings': 'key=key1,algorithm=HMAC_SHA256' }
const xForwarded = { 'x-forwarded-for': '10.0.0.1', 'x-forwarded-host': host, 'x-forwarded-proto': 'https' }
const forwarded = { forwarded: `for=10.0.0.1;host=${host};proto=https` }

function toIncoming({ method, target, headers, body }: RawRequest, handshake: boolean) {
  return { method, url: target, headers, remoteAddress: '127.0.0.1', ...(body && { body }), handshake }
}

function verifierEntry(name: string, options: VerifierOptions, headers: RawRequest['headers'] = {}): Entry {
  const verifier = createVerifier(options)
  return {
    name: `verifier, ${name}`,
    ...sameSize,
    headers,
    prepare(request) {
      const incoming: IncomingRequest = toIncoming(request, 'upgrade' in request.headers)
      return () => verifier.verify(incoming)
    },
  }
}

/** Makes a request of node:http without a socket. */
function toNode({ method, target, headers, body }: RawRequest): IncomingMessage {
  const req = new IncomingMessage(new Socket())
  req.method = method
  req.url = target
  req.rawHeaders = Object.entries(headers).flat()
  req.push(body ?? null)
  if (body !== undefined) req.push(null)
  return Object.assign(req, { complete: true })
}

function expressEntry(name: string, options: TwilioWebhookOptions): Entry {
  const guard = twilioWebhook({ publicUrl, authToken, ...options })
  return {
    name: `express, ${name}`,
    ...sameSize,
    prepare: (request) => () =>
      new Promise<void>((resolve, reject) => {
        const req = Object.assign(toNode(request), { originalUrl: request.target })
        const res = new ServerResponse(req)
        res.end = () => {
          resolve()
          return res
        }
        guard(req as never, res as never, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
      }),
  }
}

/** Makes a request of Express with a parsed body. */
function toExpress(request: RawRequest, body: Record<string, string | string[]> | undefined) {
  return Object.assign(toNode(request), {
    originalUrl: request.target,
    protocol: 'https',
    header: (name: string) => request.headers[name.toLowerCase()],
    body,
  })
}

function parseBody(request: RawRequest): Record<string, string | string[]> {
  const params: Record<string, string | string[]> = Object.create(null)
  const values = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(request.body?.toString()))
    values.get(name)?.push(value) ?? values.set(name, [value])
  for (const [name, [first = '', ...rest]] of values) params[name] = rest.length > 0 ? [first, ...rest] : first
  return params
}

const signatureOf = (request: RawRequest): string => request.headers['x-twilio-signature'] ?? ''

const compatEntries: readonly Entry[] = [
  {
    name: 'compat, validateRequest',
    ...sameSize,
    prepare(request) {
      const params = parseBody(request)
      return () => compat.validateRequest(authToken, signatureOf(request), origin + request.target, params)
    },
  },
  {
    name: 'compat, validateRequestWithBody',
    ...sameSize,
    ordinary: likeEvent,
    prepare(request) {
      const body = request.body?.toString() ?? ''
      return () => compat.validateRequestWithBody(authToken, signatureOf(request), origin + request.target, body)
    },
  },
  {
    name: 'compat, validateIncomingRequest behind a parser',
    ...sameSize,
    prepare(request) {
      const req = toExpress(request, parseBody(request))
      return () => compat.validateIncomingRequest(req, authToken)
    },
  },
  ...[{}, { url: `${origin}/sms` }, { host }].map((options): Entry => {
    const guard = compat.webhook(options, authToken)
    return {
      name: `compat, webhook(${JSON.stringify(options)})`,
      ...sameSize,
      prepare: (request) => () =>
        new Promise<unknown>((resolve) => {
          const res = { type: () => res, status: () => res, send: resolve }
          guard(toExpress(request, undefined), res, resolve)
        }),
    }
  }),
]

function diagnosisEntry(name: string, options: VerifierOptions & DiagnoseOptions): Entry {
  return {
    name: `diagnosis, ${name}`,
    bound: 5,
    ordinary: plainSms,
    share: 4,
    prepare(request) {
      const incoming: IncomingRequest = toIncoming(request, 'upgrade' in request.headers)
      return () => diagnose(incoming, options)
    },
  }
}

const validator = new RequestValidator(authToken)

export const entries: readonly Entry[] = [
  {
    name: 'RequestValidator',
    ...sameSize,
    prepare(request) {
      const url = origin + request.target
      const params = new URLSearchParams(request.body?.toString())
      return () => validator.validate(url, params, signatureOf(request))
    },
  },
  verifierEntry('one token', { publicUrl, authToken }),
  verifierEntry('tokens by account', { publicUrl, authToken: { [account]: authToken, [otherAccount]: authToken } }),
  verifierEntry('a look-up', { publicUrl, authToken: async () => authToken, allowedAccounts: account }),
  verifierEntry('a cached look-up', { publicUrl, authToken: cached(async () => authToken) }),
  verifierEntry('shared keys', { publicUrl, sharedKeys }, settings),
  verifierEntry('several public URLs', { publicUrl: [`${origin}/sms`, origin, 'https://b.example.com'], authToken }),
  verifierEntry('a replay guard, either slash', {
    publicUrl,
    authToken: [authToken, '1123456789abcdef0123456789abcdef'],
    trailingSlash: 'either',
    replay: replayGuard({ store: memoryStore(), whenRepeated: 'reject' }),
  }),
  verifierEntry('observe', { publicUrl, authToken, mode: 'observe' }),
  verifierEntry('fromRequest', { publicUrl: fromRequest({ allowedHosts }), authToken }),
  verifierEntry(
    'fromRequest behind X-Forwarded-*',
    {
      publicUrl: fromRequest({ allowedHosts, trustedProxies: ['loopback', '10.0.0.0/8'], forwardedBy: 'x-forwarded' }),
      authToken,
    },
    xForwarded,
  ),
  verifierEntry(
    'fromRequest behind Forwarded',
    {
      publicUrl: fromRequest({ allowedHosts, trustedProxies: ['loopback', '10.0.0.0/8'], forwardedBy: 'forwarded' }),
      authToken,
    },
    forwarded,
  ),
  expressEntry('without paths', {}),
  expressEntry('paths', { paths: ['/sms', '/hooks/twilio'] }),
  expressEntry('paths with a RegExp', { publicUrl: `${origin}/prefix`, paths: [/^\/(voice|sms)(\/|$)/, '/hooks'] }),
  ...compatEntries,
  diagnosisEntry('one token', { publicUrl, authToken }),
  diagnosisEntry('shared keys, other tokens and hosts', {
    publicUrl: fromRequest({ allowedHosts, trustedProxies: 'loopback', forwardedBy: 'x-forwarded' }),
    authToken: { [account]: authToken },
    sharedKeys,
    otherTokens: { other: '1123456789abcdef0123456789abcdef' },
    otherHosts: ['b.example.com'],
  }),
]
