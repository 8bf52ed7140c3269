import { spawnSync } from 'node:child_process'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import express from 'express'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { root } from '../run.mjs'
import { deliver } from './deliver.ts'

const authToken = '12345'
const params: Record<string, string> = {
  CallSid: 'CA1234567890ABCDE',
  Caller: '+14158675309',
  Digits: '1234',
  From: '+14158675309',
  To: '+18005551212',
}

beforeEach(() => {
  vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
  vi.stubEnv('PORT', '0')
})

afterEach(() => {
  vi.unstubAllEnvs()
})

test('Express', async () => {
  const { app } = await import('../../examples/readme/express.mjs')
  const url = 'https://api.example.com/sms'
  const webhook = sampleWebhook('message.inbound', { Body: '1 < 2' })
  const genuine = await deliver(app, signRequest({ url, ...webhook, authToken }))
  expect(genuine.status).toBe(200)
  expect(await genuine.text()).toContain('You said 1 &lt; 2')
  expect((await deliver(app, signRequest({ url, ...webhook, authToken: 'another' }))).status).toBe(403)
})

test('a missing or wrong token is a sentence, and the line of the application', () => {
  for (const [token, says] of [
    [undefined, /^TypeError: "authToken" is missing: .* or set TWILIO_AUTH_TOKEN; .*Twilio console/],
    ['…', /^TypeError: "TWILIO_AUTH_TOKEN" is a placeholder; .*Twilio console/],
  ] as const) {
    const env = { ...process.env, TWILIO_AUTH_TOKEN: token }
    const { stderr } = spawnSync(process.execPath, ['express.mjs'], {
      cwd: join(root, 'examples/readme'),
      env,
      encoding: 'utf8',
    })
    const lines = stderr.split('\n')
    const said = lines.findIndex((line) => says.test(line))
    expect(said, stderr).toBeGreaterThanOrEqual(0)
    expect(lines[said + 1]).toContain('examples/readme/express.mjs:')
    expect(stderr).not.toContain('/dist/')
  }
})

test('node:http', async () => {
  const { server } = await import('../../examples/readme/node.mjs')
  const { signed } = await import('../../examples/readme/test-your-handler.mjs')
  const listener = server.listeners('request')[0] as RequestListener
  const answer = await deliver(listener, signed)
  expect(answer.headers.get('content-type')).toBe('text/xml')
  expect(await answer.text()).toContain('You said: Hello')
  expect((await deliver(listener, { ...signed, body: 'Body=other' })).status).toBe(403)
})

test('fetch', async () => {
  const { default: handler } = await import('../../examples/readme/fetch.mjs')
  const { signed } = await import('../../examples/readme/test-your-handler.mjs')
  expect(await (await handler.fetch(signed.toRequest())).text()).toBe('Hello +14155550142')
  expect((await handler.fetch({ ...signed, body: 'Body=other' }.toRequest())).status).toBe(403)
})

test('the three-argument validator', async () => {
  const { isGenuine } = await import('../../examples/readme/validator.mjs')
  expect(isGenuine(params, 'RSOYDt4T1cUTdK1PDd93/VVr8B8=')).toBe(true)
  expect(isGenuine({ ...params, Digits: '1235' }, 'RSOYDt4T1cUTdK1PDd93/VVr8B8=')).toBe(false)
  expect(isGenuine(params, null)).toBe(false)
})

test('many hosts behind a proxy', async () => {
  const { manyHosts } = await import('../../examples/readme/options.mjs')
  const tenant = signRequest({ url: 'https://a.example.com/sms', params, authToken })
  const forwarded = {
    ...tenant.headers,
    host: '10.1.2.3:3000',
    'x-forwarded-host': 'a.example.com',
    'x-forwarded-proto': 'https',
  }
  const request = { method: tenant.method, url: '/sms', headers: forwarded, body: tenant.body }
  expect(await manyHosts.verify({ ...request, remoteAddress: '10.9.9.9' })).toMatchObject({ ok: true })
  expect(await manyHosts.verify({ ...request, remoteAddress: '203.0.113.9' })).toMatchObject({
    code: 'url_not_allowed',
  })
})

test('tenants with hosts and tokens of their own, and one verifier for several routes', async () => {
  const { app, verifier } = await import('../../examples/readme/tenants.mjs')
  const send = async (host: string, token: string, path = '/sms'): Promise<number> =>
    (await deliver(app, signRequest({ url: `http://${host}${path}`, params, authToken: token }))).status
  const [shop, clinic] = ['0123456789abcdef0123456789abcdef', 'fedcba9876543210fedcba9876543210'] as const
  expect(await send('shop.example', shop)).toBe(200)
  expect(await send('clinic.example', clinic, '/status')).toBe(204)
  expect(await send('clinic.example', shop)).toBe(403)
  expect(await send('other.example', shop)).toBe(403)
  // The clinic knows its own token, and names the account of the shop.
  const claim = { ...params, AccountSid: 'AC0123456789abcdef0123456789abcdef' }
  const claimed = signRequest({ url: 'http://clinic.example/sms', params: claim, authToken: clinic })
  expect((await deliver(app, claimed)).status).toBe(403)
  const { headers, body } = signRequest({ url: 'http://shop.example/sms', params, authToken: shop })
  const request = { method: 'POST', url: '/sms', headers: { ...headers, host: 'shop.example' }, body }
  expect(await verifier.verify(request)).toMatchObject({ ok: true, accountSid: 'AC0123456789abcdef0123456789abcdef' })
})

test('trailing slashes', async () => {
  const { withApache } = await import('../../examples/readme/options.mjs')
  const { method, headers, body } = signRequest({ url: 'https://example.com/twilio', params, authToken })
  expect(await withApache.verify({ method, url: '/twilio/', headers, body })).toMatchObject({ ok: true })
  expect(await withApache.verify({ method, url: '/other/', headers, body })).toMatchObject({ ok: false })
})

test('subaccounts', async () => {
  const { guard, tokens } = await import('../../examples/readme/subaccounts.mjs')
  const app = express().post('/sms', guard, (_req, res) => void res.send('ok'))
  const token = 'fedcba9876543210fedcba9876543210'
  tokens.set('ACa42104b5c0081d28f69cc86620eae712', token)
  const send = async (accountSid: string): Promise<number> => {
    const webhook = sampleWebhook('message.inbound', { AccountSid: accountSid })
    return (await deliver(app, signRequest({ url: 'https://api.example.com/sms', ...webhook, authToken: token })))
      .status
  }
  expect(await send('ACa42104b5c0081d28f69cc86620eae712')).toBe(200)
  expect(await send(`AC${'1'.repeat(32)}`)).toBe(403)
})
