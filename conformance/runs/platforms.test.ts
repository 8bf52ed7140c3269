import { createVerifier, fromRequest } from 'tollgate'
import { signRequest } from 'tollgate/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { otherToken, sms, token } from '../kit/draft.ts'
import { apiGateways } from '../proxies/api-gateway.ts'
import { deliver, type Handler, makeHandler } from '../proxies/deliver.ts'
import { loadExample, shown } from '../proxies/examples.ts'
import { servers } from '../proxies/platforms.ts'

const platforms = [...servers, ...apiGateways]

const signSms = (url: string, authToken = token) => signRequest({ url, params: sms, authToken })

beforeEach(() => {
  vi.stubEnv('TWILIO_AUTH_TOKEN', token)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe.each(platforms)('$name', ({ url, arrival, example: [file, name], without }) => {
  const load = async (): Promise<Handler> => {
    const handlers = await loadExample<Readonly<Record<string, Handler>>>(`platforms/${file}`)
    const handler = handlers[name]
    if (handler === undefined) throw new Error(`examples/platforms/${file} exports no ${name}`)
    return handler
  }

  test('verifies with the configuration of the documentation', async () => {
    expect(await deliver(await load(), arrival, signSms(url))).toBe(200)
  })

  test('a forgery is refused with this configuration', async () => {
    const handler = await load()
    const genuine = signSms(url)
    const altered = { ...genuine, body: `${genuine.body}&Body=forged` }
    for (const forged of [signSms(url, otherToken), signSms(`${url}x`), altered])
      expect(await deliver(handler, arrival, forged)).toBe(403)
  })

  test.each(Object.entries(without))('is refused without %s', async (_what, options) => {
    const onVerdict = vi.fn()
    const handler = makeHandler(arrival.as, { ...options, onVerdict })
    expect(await deliver(handler, arrival, signSms(url))).toBe(403)
    expect(['signature_mismatch', 'url_not_allowed']).toContain(onVerdict.mock.calls[0]?.[0].code)
  })
})

test('without a public URL, the guard throws a TypeError when the server starts', () => {
  for (const { arrival } of platforms) expect(() => makeHandler(arrival.as, {})).toThrow(/"publicUrl" is missing/)
})

test('Vercel adds the parameters of a rewrite to the query, which Twilio did not sign', async () => {
  const arrives = { as: 'fetch', url: 'https://example.vercel.app/hooks/sms?path=sms', headers: {} } as const
  const signed = signSms('https://example.vercel.app/hooks/sms')
  expect(await deliver(makeHandler('fetch', { publicUrl: 'https://example.vercel.app' }), arrives, signed)).toBe(403)
})

test("ngrok passes on a client's X-Forwarded-Host, so it cannot be trusted for the host", async () => {
  const rule = fromRequest({
    allowedHosts: ['example.ngrok.app'],
    trustedProxies: 'loopback',
    forwardedBy: 'x-forwarded',
  })
  const arrives = (spoofed: string) =>
    ({
      as: 'express',
      target: '/sms',
      headers: { host: 'example.ngrok.app', 'x-forwarded-proto': 'https', 'x-forwarded-host': spoofed },
    }) as const
  const handler = makeHandler('express', { publicUrl: rule })
  expect(await deliver(handler, arrives('example.ngrok.app'), signSms('https://example.ngrok.app/sms'))).toBe(200)
  expect(await deliver(handler, arrives('evil.example'), signSms('https://evil.example/sms'))).toBe(403)
})

test('signedUrl can name the whole URL', async () => {
  const verify = createVerifier(shown.ownRule).verify
  const { method, headers, body } = signSms('https://app.example.com/twilio/sms?x=1')
  expect(await verify({ method, headers, body, url: '/internal/sms?x=1' })).toMatchObject({ ok: true })
  expect(await verify({ method, headers, body, url: '/other/sms?x=1' })).toMatchObject({ code: 'signature_mismatch' })
})
