import { type Accepted, fromRequest, type ReplayGuard, type VerifierOptions } from 'tollgate'
import * as astro from 'tollgate/astro'
import * as fetch from 'tollgate/fetch'
import * as reactRouter from 'tollgate/react-router'
import * as sveltekit from 'tollgate/sveltekit'
import { signRequest } from 'tollgate/testing'
import { describe, expect, test, vi } from 'vitest'
import { account, host, origin, sms, token } from '../kit/draft.ts'

// These cases need no server: a framework calls an endpoint with one object that has the Request.

const options = { publicUrl: origin, authToken: token }
const ok = (): Response => new Response('ok')

function makeRequest(headers: Readonly<Record<string, string>> = {}, url = `${origin}/sms`, init: RequestInit = {}) {
  const signed = signRequest({ url, params: sms, authToken: token }).toRequest()
  for (const [name, value] of Object.entries({ host, ...headers })) signed.headers.set(name, value)
  return new Request(signed, init)
}

function makeGuard() {
  const release = vi.fn()
  const replay: ReplayGuard = { reserve: () => ({ delivery: 'first', release }) }
  return { replay, release }
}

interface Event {
  readonly request: Request
}

type Wrap = (
  options: Omit<VerifierOptions, 'mode'>,
  handler: (webhook: Accepted, event: Event) => Response | Promise<Response>,
) => (event: Event) => Promise<Response>

/** The handler of fetch platforms, which passes on the platform's other arguments. */
const wrapFetch: Wrap = (given, handler) => {
  const guarded = fetch.twilioWebhook(given, (webhook, _request: Request, event: Event) => handler(webhook, event))
  return (event) => guarded(event.request, event)
}

const wrappers: readonly (readonly [string, Wrap])[] = [
  ['fetch', wrapFetch],
  ['sveltekit', sveltekit.twilioWebhook],
  ['astro', astro.twilioWebhook],
  ['react-router', reactRouter.twilioWebhook],
]

describe.each(wrappers)('%s', (_name, twilioWebhook) => {
  test("the handler gets the webhook and the framework's arguments, and can still read the body", async () => {
    const event = { request: makeRequest() }
    const endpoint = twilioWebhook(options, async (webhook, given) => {
      expect(given).toBe(event)
      const text = await given.request.text()
      return new Response(`${webhook.accountSid} ${new URLSearchParams(text).get('AccountSid')}`)
    })
    expect(await (await endpoint(event)).text()).toBe(`${account} ${account}`)
  })

  test('an error of the handler reaches the framework, and the reservation is released', async () => {
    for (const thrown of [new Error('mine'), new Response(null, { status: 302 }), { status: 404, body: {} }]) {
      const { replay, release } = makeGuard()
      const endpoint = twilioWebhook({ ...options, replay }, () => {
        throw thrown
      })
      await expect(endpoint({ request: makeRequest() })).rejects.toBe(thrown)
      expect(release).toHaveBeenCalledTimes(1)
    }
  })

  test('a body that was read before causes a 500, and the handler does not run', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const handler = vi.fn(ok)
    const request = makeRequest()
    await request.text()
    expect((await twilioWebhook(options, handler)({ request })).status).toBe(500)
    expect([handler.mock.calls.length, log.mock.calls.length]).toEqual([0, 1])
    log.mockRestore()
  })
})

// A fetch platform does not tell that the client left.
describe.each(wrappers.slice(1))('%s', (_name, twilioWebhook) => {
  test('a client that leaves releases the reservation once, also if the handler then answers 503', async () => {
    const { replay, release } = makeGuard()
    const client = new AbortController()
    const endpoint = twilioWebhook({ ...options, replay }, async () => {
      client.abort()
      expect(release).toHaveBeenCalledTimes(1)
      return new Response(null, { status: 503 })
    })
    await endpoint({ request: makeRequest({}, undefined, { signal: client.signal }) })
    expect(release).toHaveBeenCalledTimes(1)
  })

  test('a client that leaves during the check releases the reservation', async () => {
    const client = new AbortController()
    const release = vi.fn()
    const reserve = async (): Promise<{ delivery: 'first'; release: () => void }> => {
      client.abort()
      return { delivery: 'first', release }
    }
    const request = makeRequest({}, undefined, { signal: client.signal })
    await twilioWebhook({ ...options, replay: { reserve } }, ok)({ request })
    expect(release).toHaveBeenCalledTimes(1)
  })

  test('a client that leaves after the answer releases nothing', async () => {
    const { replay, release } = makeGuard()
    const client = new AbortController()
    await twilioWebhook(
      { ...options, replay },
      ok,
    )({
      request: makeRequest({}, undefined, { signal: client.signal }),
    })
    client.abort()
    expect(release).not.toHaveBeenCalled()
  })
})

const byEnv = (env: unknown): VerifierOptions => ({
  ...options,
  authToken: (env as { readonly TOKEN: string }).TOKEN,
})

test('an options function gets the env of the platform', async () => {
  const request = (): Request => makeRequest()
  const env = { TOKEN: token }
  const answers = [
    sveltekit.twilioWebhook(byEnv, ok)({ request: request(), platform: { env } }),
    astro.twilioWebhook(byEnv, ok)({ request: request(), locals: { runtime: { env } } }),
    reactRouter.twilioWebhook(byEnv, ok)({ request: request(), context: env }),
  ]
  for (const answer of answers) expect((await answer).status).toBe(200)
})

test('an options function gets undefined if reading the env throws', async () => {
  const runtime = {
    get env(): never {
      throw new Error('removed')
    },
  }
  const source = vi.fn(() => options)
  expect((await astro.twilioWebhook(source, ok)({ request: makeRequest(), locals: { runtime } })).status).toBe(200)
  expect(source).toHaveBeenCalledWith(undefined)
})

const viaProxy: VerifierOptions = {
  ...options,
  publicUrl: fromRequest({ allowedHosts: [host], trustedProxies: 'loopback', forwardedBy: 'x-forwarded' }),
}
const https = { 'x-forwarded-proto': 'https', host: 'internal', 'x-forwarded-host': host }

async function askVia(address: () => string, headers: Readonly<Record<string, string>>): Promise<readonly number[]> {
  const event = { request: makeRequest(headers), getClientAddress: address }
  const context = {
    request: makeRequest(headers),
    get clientAddress() {
      return address()
    },
  }
  const answers = [sveltekit.twilioWebhook(viaProxy, ok)(event), astro.twilioWebhook(viaProxy, ok)(context)]
  return (await Promise.all(answers)).map(({ status }) => status)
}

test('the address from the framework is trusted, unless it may come from a header', async () => {
  expect(await askVia(() => '127.0.0.1', https)).toEqual([200, 200])
  expect(await askVia(() => '127.0.0.1', { ...https, 'x-forwarded-for': '203.0.113.9' })).toEqual([200, 200])
  for (const spoofed of [
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-forwarded-for': '203.0.113.9, 127.0.0.1' },
    { 'cf-connecting-ip': '127.0.0.1' },
    { forwarded: 'for="127.0.0.1:80"' },
    { forwarded: 'by=203.0.113.9;For=127.0.0.1' },
    { 'x-azure-clientip': '127.0.0.1:4711' },
    { 'x-made-up': ' 127.0.0.1' },
  ])
    expect(await askVia(() => '127.0.0.1', { ...https, ...spoofed })).toEqual([403, 403])
  for (const spoofed of [{ 'x-real-ip': '::1' }, { forwarded: 'for="[::1]:80"' }, { 'x-real-ip': '[::1]' }])
    expect(await askVia(() => '::1', { ...https, ...spoofed })).toEqual([403, 403])
  const throwing = (): never => {
    throw new Error('not with this adapter')
  }
  expect(await askVia(throwing, https)).toEqual([403, 403])
  expect(await askVia(() => '', https)).toEqual([403, 403])
})

test("an address that is part of a header, or a proxy's in a header, is trusted", async () => {
  for (const more of [
    { 'x-forwarded-for': '127.0.0.10' },
    { 'x-forwarded-for': '203.127.0.0.1' },
    { 'x-request-id': '9-127.0.0.1-7' },
    { 'user-agent': 'TwilioProxy/1.1 (127.0.0.1)' },
    { referer: 'http://127.0.0.1/' },
    { via: '1.1 127.0.0.1' },
    { 'x-forwarded-server': '127.0.0.1' },
    { forwarded: 'for=203.0.113.9;by=127.0.0.1' },
  ])
    expect(await askVia(() => '127.0.0.1', { ...https, ...more }), JSON.stringify(more)).toEqual([200, 200])
  for (const more of [{ 'x-forwarded-for': '2001:db8::1' }, { 'x-real-ip': 'fe80::1' }])
    expect(await askVia(() => '::1', { ...https, ...more }), JSON.stringify(more)).toEqual([200, 200])
})

test('SvelteKit on Node.js: the address and scheme come from the connection, not from headers', async () => {
  const endpoint = sveltekit.twilioWebhook(viaProxy, ok)
  const ask = async (remoteAddress: string): Promise<number> => {
    const platform = { req: { socket: { remoteAddress } } }
    return (await endpoint({ request: makeRequest(https), platform, getClientAddress: () => '127.0.0.1' })).status
  }
  expect([await ask('127.0.0.1'), await ask('203.0.113.9')]).toEqual([200, 403])
})

test('React Router 7: a re-encoded query is tried in each encoding that Twilio may have signed', async () => {
  const endpoint = reactRouter.twilioWebhook(options, ok)
  const ask = async (signed: string, arrived: string): Promise<number> => {
    const { headers, body } = makeRequest({}, `${origin}/sms?${signed}`)
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
    return (await endpoint({ request: new Request(`${origin}/sms?${arrived}`, init) })).status
  }
  expect(await ask('q=a%20b', 'q=a+b')).toBe(200)
  expect(await ask("q=it's", 'q=it%27s')).toBe(200)
  // `%20` shows that nothing was re-encoded.
  expect(await ask('q=a+b', 'q=a%20b')).toBe(403)
  expect(await ask('q=a%20b', 'q=a%2Bb')).toBe(403)
})
