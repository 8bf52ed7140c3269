import {
  type Accepted,
  type AuthTokenLookup,
  createVerifier,
  fromRequest,
  type IncomingRequest,
  type Observed,
  type Params,
  type Rejected,
  type RejectionCode,
  RequestValidator,
  type VerifierOptions,
  type Webhook,
} from '../../src/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
export function holds<T extends true>(): T | undefined {
  return undefined
}

// The check with three arguments is synchronous. It accepts what a header getter returns.
declare const header: string | null | undefined
const validator = new RequestValidator('token')
export const valid: boolean = validator.validate('https://example.com', { a: '1', b: ['2'] }, header)
for (const params of [new URLSearchParams(), [['a', '1']] as const, new Map([['a', '1']]), '{}', new Uint8Array()])
  validator.validate('https://example.com', params, header)
const both = ['one', 'two'] as const
new RequestValidator(both)
declare const parsed: import('node:querystring').ParsedUrlQuery
declare const formData: FormData
validator.validate('https://example.com', { NumMedia: 0, Muted: false, Digits: [1, '2'] }, header)
validator.validate('https://example.com', parsed, header)
validator.validate('https://example.com', formData, header)
validator.validate('https://example.com', Object.fromEntries(formData), header)
// @ts-expect-error a parameter cannot be an object
validator.validate('https://example.com', { a: { b: '1' } }, header)
// @ts-expect-error a promise has no parameters
validator.validate('https://example.com', new Request('https://example.com').formData(), header)
// @ts-expect-error a token is needed
new RequestValidator()
// @ts-expect-error the environment variable may be missing
new RequestValidator(process.env.TWILIO_AUTH_TOKEN)
holds<
  URLSearchParams | FormData | Readonly<Record<string, number | readonly boolean[]>> extends Params ? true : false
>()

// Every option may be undefined, so an environment variable needs neither `!` nor a cast.
createVerifier({ authToken: process.env.TWILIO_AUTH_TOKEN, publicUrl: process.env.PUBLIC_URL })
holds<undefined extends VerifierOptions[keyof VerifierOptions] ? true : false>()
createVerifier({
  publicUrl: fromRequest({ allowedHosts: ['*.example.com'], trustedProxies: 'loopback', forwardedBy: 'forwarded' }),
  sharedKeys: { key1: 'secret', key2: { secret: 'secret', accountSid: 'AC' } },
  onVerdict: (verdict) => console.log(verdict.ok ? verdict.covers : verdict.code),
  onRejected: (rejection) => (rejection.status === 403 ? { status: 404, body: '' } : undefined),
})
// @ts-expect-error misspelled
createVerifier({ authtoken: 'token' })
// @ts-expect-error no such mode
createVerifier({ mode: 'off' })
// @ts-expect-error an object is not a rule
createVerifier({ publicUrl: { allowedHosts: ['example.com'] } })
// @ts-expect-error hosts are needed
fromRequest({})

const lookup: AuthTokenLookup = async ({ accountSid, url }) =>
  accountSid === undefined ? undefined : [accountSid, url]
lookup.refresh = ({ method }) => method
createVerifier({ authToken: lookup })
createVerifier({ authToken: { AC1: 'token', AC2: ['one', 'two'] } })
createVerifier({ authToken: (claim) => ({ authToken: 'token', accountSid: claim.parentAccountSid ?? '' }) })

declare const request: IncomingRequest
const verdict = await createVerifier({}).verify(request)
holds<Equal<typeof verdict, Accepted | Rejected>>()
if (verdict.ok) {
  holds<Equal<typeof verdict, Accepted>>()
  holds<Equal<typeof verdict.covers, 'params' | 'body' | 'url'>>()
  const body: string | undefined = verdict.params.get('Body')
  const { key } = verdict.matched
  console.log(body, key.kind === 'auth_token' ? key.index : key.id, verdict.delivery, await verdict.release())
  await verdict.confirm()
} else {
  holds<Equal<typeof verdict, Rejected>>()
  const code: RejectionCode = verdict.code
  console.log(code, verdict.tried.join())
  // @ts-expect-error a refused request has no parameters outside observe mode
  verdict.params.get('Body')
}
createVerifier({}).verify({ method: 'POST', url: '/', headers: new Headers() })
createVerifier({}).verify({ method: 'POST', url: '/', headers: { a: ['b'], c: undefined }, body: new Uint8Array() })
createVerifier({}).verify({ method: 'POST', url: '/', headers: {}, body: { consumedBy: 'x', fix: 'y' } })
// @ts-expect-error a parsed body is not accepted
createVerifier({}).verify({ method: 'POST', url: '/', headers: {}, body: { Body: 'hi' } })

// The webhook that a handler gets in each mode.
holds<Equal<Webhook, Accepted>>()
holds<Equal<Webhook<'enforce'>, Accepted>>()
holds<Equal<Webhook<'observe'>, Accepted | Observed>>()
holds<Equal<Webhook<'enforce' | 'observe'>, Accepted | Observed>>()
declare const observed: Webhook<'observe'>
console.log(observed.params.get('Body'), observed.body.length, observed.json())
if (observed.ok) holds<Equal<typeof observed, Accepted>>()
else {
  holds<Equal<typeof observed, Observed>>()
  console.log(observed.code, observed.message)
}
// A handler for accepted webhooks compiles in both modes, and must expect `undefined`.
holds<Equal<typeof observed.covers, Accepted['covers'] | undefined>>()
holds<Equal<typeof observed.handshake, boolean | undefined>>()
holds<Equal<ReturnType<typeof observed.release>, Promise<void>>>()
holds<Equal<ReturnType<typeof observed.confirm>, Promise<void>>>()
console.log(observed.accountSid, observed.matched?.url, observed.delivery)
// @ts-expect-error undefined for a request that did not verify
observed.matched.url
// @ts-expect-error the body is read-only
observed.body = new Uint8Array()
