import {
  type Accepted,
  type AnyVerdict,
  type AnyWebhook,
  createVerifier,
  fromRequest,
  type Observed,
  type ReplayGuard,
  type Verifier,
  type VerifierOptions,
} from 'tollgate'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { account, origin, otherAccount, otherToken, sharedKey, token } from '../kit/draft.ts'
import { mistakes } from './mistakes.ts'

export type AdapterOptions = VerifierOptions & {
  readonly paths?: string | RegExp | readonly (string | RegExp)[]
  readonly webSocket?: boolean
}

/** The application's answer. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The application's handler. It may throw, as applications do. */
type Handle = (webhook: AnyWebhook | undefined, appBody?: unknown) => Promise<Reply>

/** A record of the events at the server, in addition to its answers. */
export interface Journal {
  handlerRuns: number
  verdicts: string[]
  reservations: number
  confirmations: number
  releases: number
}

export interface Scenario {
  readonly id: ScenarioId
  readonly options: AdapterOptions | (() => AdapterOptions)
  readonly handle: Handle
  readonly journal: Journal
  readonly mountedAt?: string
  readonly stacked?: boolean
  readonly before?: string
  readonly after?: string
}

/** The differences between a scenario and the plain one. */
interface Plan {
  readonly options?: (journal: Journal) => Partial<AdapterOptions> & VerifierOption
  readonly byFunction?: true
  /** True if the options go into a verifier, which the adapter gets. */
  readonly byVerifier?: true
  readonly handle?: () => Promise<Reply> | Reply
  readonly mountedAt?: string
  readonly stacked?: true
}

const answer = (status: number) => () => ({ status, headers: {}, body: 'answered' })

const guard = (journal: Journal): ReplayGuard => ({
  reserve() {
    journal.reservations++
    return {
      delivery: 'first',
      confirm() {
        journal.confirmations++
      },
      release() {
        journal.releases++
      },
    }
  },
})

/** The option `verifier` types the webhook, and here all scenarios have one type of options. */
type VerifierOption = { readonly verifier?: Verifier<AnyVerdict> }

/** A scheme of the application's own: a header instead of a signature, and no parameters. */
const ownScheme = (journal: Journal): Verifier<AnyVerdict> => ({
  async verify({ headers }) {
    const given = headers.get instanceof Function ? headers.get('x-own') : Object(headers)['x-own']
    const isRight = String(given) === 'right'
    journal.verdicts.push(isRight ? 'ok' : 'signature_mismatch')
    if (!isRight) return { ok: false, code: 'signature_mismatch', status: 403, message: '', tried: [] }
    journal.reservations++
    return {
      ok: true,
      body: new Uint8Array(),
      json: () => undefined,
      async confirm() {
        journal.confirmations++
      },
      async release() {
        journal.releases++
      },
    }
  },
})
const withOwnScheme = (journal: Journal): VerifierOption => ({ verifier: ownScheme(journal) })

const withVerdict = (verdict: object | undefined) => ({
  options: (): VerifierOption => ({ verifier: { verify: async () => verdict as AnyVerdict } }),
})
const refusal = { ok: false, code: 'signature_mismatch', message: '', tried: [] }
const accepted = { ok: true, body: new Uint8Array(), json: () => undefined, async release() {} }

/** Verdicts of a user's own verifier that an adapter can neither pass on nor send. */
export const wrongVerdicts = {
  'no verdict': withVerdict(undefined),
  'a verdict without ok': withVerdict({ ...accepted, ok: undefined }),
  'a verdict whose ok is a text': withVerdict({ ...accepted, ok: 'true' }),
  'accepted without release': withVerdict({ ...accepted, release: undefined }),
  'accepted with a release that is no function': withVerdict({ ...accepted, release: true }),
  'accepted without a body': withVerdict({ ...accepted, body: undefined }),
  'refused without a status': withVerdict(refusal),
  'refused with the status 200': withVerdict({ ...refusal, status: 200 }),
  'refused with the status 302': withVerdict({ ...refusal, status: 302 }),
  'refused with the status 600': withVerdict({ ...refusal, status: 600 }),
  'refused with a status that is a text': withVerdict({ ...refusal, status: '403' }),
}

/** With the key of the published request `two events`. */
const withSendGrid = (journal: Journal): VerifierOption => ({
  verifier: createSendGridVerifier({
    publicKey:
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQ4LIFtWztlsF7skFqOncjD1lun4H5w8XOhyOArHW9RcIx/FfEzx6cikC/yPfUvwaX/JScE7Fc9CJD2afQ9Ok3Q==',
    onVerdict: (verdict) => journal.verdicts.push(verdict.ok ? 'ok' : verdict.code),
  }),
})

/** The message of the error that a look-up throws. No client may see it. */
export const failure = 'connect ECONNREFUSED 127.0.0.1:5432'

const rejectReplays = (): Partial<AdapterOptions> => ({
  replay: replayGuard({ store: memoryStore(), whenRepeated: 'reject' }),
})
const withGuard = (journal: Journal): Partial<AdapterOptions> => ({ replay: guard(journal) })
const hosts = ['app.example.com', 'b.example.com:8443']

const plans = {
  plain: {},
  observe: { options: () => ({ mode: 'observe' }) },
  small: { options: () => ({ maxBodyBytes: 1000 }) },
  prefix: { options: () => ({ publicUrl: `${origin}/prefix` }) },
  mounted: { mountedAt: '/mounted' },
  stacked: { stacked: true },
  'replays rejected': { options: rejectReplays },
  'stacked, replays rejected': { stacked: true, options: rejectReplays },
  'stacked, replays rejected, answers 503': { stacked: true, options: rejectReplays, handle: answer(503) },
  'by function': { byFunction: true },
  'by verifier': { byVerifier: true },
  'by verifier, answers 503': { byVerifier: true, options: withGuard, handle: answer(503) },
  'by verifier, rejected': { byVerifier: true, options: () => ({ onRejected: () => ({ status: 418 }) }) },
  'by verifier, paths': {
    byVerifier: true,
    options: () => ({ publicUrl: `${origin}/prefix`, paths: '/prefix/voice' }),
  },
  'another scheme': { options: withOwnScheme },
  sendgrid: { options: withSendGrid },
  'another scheme, answers 503': { options: withOwnScheme, handle: answer(503) },
  'wrong by function': { byFunction: true, options: () => ({ publicUrl: 'nonsense' }) },
  'throwing by function': {
    byFunction: true,
    options: () => {
      throw new TypeError('no secret in this environment')
    },
  },
  rejected: {
    options: () => ({ onRejected: ({ code }) => ({ status: 418, headers: { 'x-code': code }, body: 'teapot' }) }),
  },
  'rejected with a success': { options: () => ({ onRejected: () => ({ status: 200 }) }) },
  'rejected as usual': { options: () => ({ onRejected: () => undefined }) },
  'onVerdict throws': {
    options: () => ({
      onVerdict: () => {
        throw new Error('dropped')
      },
    }),
  },
  'handler throws': {
    options: withGuard,
    handle: () => {
      throw new Error('the handler throws')
    },
  },
  'handler rejects': { options: withGuard, handle: () => Promise.reject(new Error('the handler rejects')) },
  'handler hangs': { options: withGuard, handle: () => new Promise<Reply>(() => undefined) },
  'answers 200': { options: withGuard, handle: answer(200) },
  'answers 204': { options: withGuard, handle: () => ({ status: 204, headers: {}, body: '' }) },
  'answers 401': { options: withGuard, handle: answer(401) },
  'answers 404': { options: withGuard, handle: answer(404) },
  'answers 429': { options: withGuard, handle: answer(429) },
  'answers 503': { options: withGuard, handle: answer(503) },
  'several hosts': { options: () => ({ publicUrl: [origin, 'https://b.example.com:8443'] }) },
  'from request': { options: () => ({ publicUrl: fromRequest({ allowedHosts: hosts }) }) },
  'trusted proxy': {
    options: () => ({
      publicUrl: fromRequest({ allowedHosts: hosts, trustedProxies: 'loopback', forwardedBy: 'x-forwarded' }),
    }),
  },
  'trusted RFC 7239 proxy': {
    options: () => ({
      publicUrl: fromRequest({ allowedHosts: hosts, trustedProxies: 'loopback', forwardedBy: 'forwarded' }),
    }),
  },
  'another trusted proxy': {
    options: () => ({
      publicUrl: fromRequest({ allowedHosts: hosts, trustedProxies: '192.0.2.0/24', forwardedBy: 'x-forwarded' }),
    }),
  },
  accounts: { options: () => ({ authToken: { [account]: token, [otherAccount]: otherToken } }) },
  'shared keys only': {
    options: () => ({ sharedKeys: { [sharedKey.id]: sharedKey.secret }, sharedKeysOnly: true }),
  },
  'web socket': {
    options: () => ({ webSocket: true, sharedKeys: { [sharedKey.id]: sharedKey.secret }, sharedKeysOnly: true }),
  },
  'look-up fails': { options: () => ({ authToken: () => Promise.reject(new Error(failure)) }) },
  'look-up fails, own answer': {
    options: () => ({
      authToken: () => Promise.reject(new Error(failure)),
      // An application may send everything that it can read of the rejection.
      onRejected: (rejection) => ({
        status: 503,
        headers: { 'x-rejection': JSON.stringify(rejection) },
        body: JSON.stringify({ ...rejection }),
      }),
    }),
  },
  ...mistakes,
  ...wrongVerdicts,
  'paths: one string': { options: () => ({ paths: '/voice' }) },
  'paths: a list': { options: () => ({ paths: ['/voice', /^\/sms(\/|$)/] }) },
  'paths: mounted': { mountedAt: '/mounted', options: () => ({ paths: ['/mounted/voice', '/sms'] }) },
  'paths: prefix': { options: () => ({ publicUrl: `${origin}/prefix`, paths: '/prefix/voice' }) },
} as const satisfies Readonly<Record<string, Plan>>

export type ScenarioId = keyof typeof plans

/** Makes a scenario with an empty journal. Each server needs its own. */
export function makeScenario(id: ScenarioId, parsers: { before?: string; after?: string } = {}): Scenario {
  const plan: Plan = plans[id]
  const journal: Journal = { handlerRuns: 0, verdicts: [], reservations: 0, confirmations: 0, releases: 0 }
  const readOptions = (): AdapterOptions => {
    const more: unknown = plan.options?.(journal)
    // Asynchronous options are one of the mistakes, so a promise is passed on unchanged.
    if (more instanceof Promise) return more as unknown as AdapterOptions
    const { verifier, paths, webSocket, ...others }: Partial<AdapterOptions> & VerifierOption = Object(more)
    const options: VerifierOptions = {
      publicUrl: origin,
      authToken: token,
      onVerdict: (verdict) => journal.verdicts.push(verdict.ok ? 'ok' : verdict.code),
      ...others,
    }
    const made = plan.byVerifier ? createVerifier(options) : verifier
    return {
      ...(made === undefined ? options : { verifier: made }),
      ...(paths !== undefined && { paths }),
      ...(webSocket !== undefined && { webSocket }),
    }
  }
  return {
    id,
    options: plan.byFunction ? readOptions : readOptions(),
    journal,
    async handle(webhook, appBody) {
      journal.handlerRuns++
      const seen = describe(webhook, appBody)
      // Other requests run meanwhile, so that state that requests share would show.
      await new Promise((resolve) => setTimeout(resolve, 0))
      return plan.handle === undefined ? writeReply(seen) : plan.handle()
    },
    ...parsers,
    ...(plan.mountedAt !== undefined && { mountedAt: plan.mountedAt }),
    ...(plan.stacked && { stacked: true }),
  }
}

/** The arguments of the handler, which the plain application answers with. */
export interface Described {
  readonly ok?: boolean
  readonly handshake?: boolean
  readonly code?: string
  readonly covers?: string
  readonly url?: string
  readonly params?: readonly (readonly [string, string])[]
  readonly body?: string
  readonly appBody?: unknown
}

function describe(webhook: Parameters<Handle>[0], appBody: unknown): Described {
  return {
    ...(webhook && {
      ok: webhook.ok,
      params: [...(webhook.params ?? [])],
      body: new TextDecoder().decode(webhook.body),
    }),
    ...(isAccepted(webhook) && { handshake: webhook.handshake, covers: webhook.covers, url: webhook.matched.url }),
    ...(webhook?.ok === false && { code: (webhook as Observed).code }),
    appBody: Array.isArray(appBody) ? appBody : appBody instanceof Object || appBody ? { ...Object(appBody) } : appBody,
  }
}

function isAccepted(webhook: Parameters<Handle>[0]): webhook is Accepted {
  return Object(webhook).matched !== undefined
}

function writeReply(seen: Described): Reply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(seen) }
}
