import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deliver } from './deliver.ts'

const accountSid = 'ACa42104b5c0081d28f69cc86620eae712'
const mainToken = '0123456789abcdef0123456789abcdef'
const token = 'fedcba9876543210fedcba9876543210'
const url = 'https://api.example.com/sms'

beforeEach(() => {
  vi.resetModules()
  vi.stubEnv('TOLLGATE_PUBLIC_URL', 'https://api.example.com')
  vi.stubEnv('TWILIO_ACCOUNT_SID', `AC${'0'.repeat(32)}`)
  vi.stubEnv('TWILIO_AUTH_TOKEN', mainToken)
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})

test('subaccounts through the Accounts API', async () => {
  const { fetch } = globalThis
  vi.stubGlobal('fetch', async (target: string, init: RequestInit) => {
    if (!target.startsWith('https://api.twilio.com/')) return fetch(target, init)
    const owner = process.env.TWILIO_ACCOUNT_SID
    return Response.json({ sid: accountSid, owner_account_sid: owner, status: 'active', auth_token: token })
  })
  const { app } = await import('../../examples/keys/subaccounts.mjs')
  const webhook = sampleWebhook('message.inbound')
  const genuine = await deliver(app, signRequest({ url, ...webhook, authToken: token }))
  expect([genuine.status, await genuine.text()]).toEqual([200, accountSid])
  expect((await deliver(app, signRequest({ url, ...webhook, authToken: mainToken }))).status).toBe(403)
})

test('the URL chooses the account', async () => {
  const { chooseByUrl } = await import('../../examples/keys/by-url.mjs')
  const asked: (string | undefined)[] = []
  const ask = (claim: { accountSid?: string }): undefined => void asked.push(claim.accountSid)
  const tokens = Object.assign(ask, { refresh: ask, verified: ask })
  const lookup = chooseByUrl(tokens, { '/events/acme': accountSid })
  const claim = { url: 'https://api.example.com/events/acme?bodySHA256=0', method: 'POST' }
  lookup(claim)
  lookup.refresh?.(claim)
  lookup.verified?.({ ...claim, accountSid: 'ACother' })
  lookup({ ...claim, url: 'https://api.example.com/events/other' })
  expect(asked).toEqual([accountSid, accountSid, 'ACother', undefined])
})

test('tokens from a database', async () => {
  const { makeLookup } = await import('../../examples/keys/database.mjs')
  const findTenant = async (sid: string) => (sid === accountSid ? { authToken: token } : undefined)
  const lookup = await makeLookup(findTenant, async () => [accountSid])
  expect(await lookup({ accountSid, url, method: 'POST' })).toEqual({ authToken: [token], accountSid })
  expect(await lookup({ accountSid: `AC${'1'.repeat(32)}`, url, method: 'POST' })).toBeUndefined()
})

test('a key file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-'))
  const path = join(directory, 'keys.json')
  writeFileSync(path, JSON.stringify({ accounts: { [accountSid]: token } }))
  chmodSync(path, 0o600)
  vi.stubEnv('KEY_FILE', path)
  const { close, verifier } = await import('../../examples/keys/key-file.mjs')
  const { method, headers, body } = signRequest({ url, ...sampleWebhook('message.inbound'), authToken: token })
  expect(await verifier.verify({ method, url: '/sms', headers, body })).toMatchObject({ ok: true, accountSid })
  close()
  rmSync(directory, { recursive: true })
})

test('moving from the twilio package', async () => {
  vi.stubEnv('SHARED_KEY_SECRET', 'a shared secret')
  const { app } = await import('../../examples/compat/server.mjs')
  const event = signRequest({
    url: 'https://api.example.com/events',
    ...sampleWebhook('events.batch'),
    authToken: mainToken,
  })
  expect((await deliver(app, event)).status).toBe(204)
  expect((await deliver(app, { ...event, body: '[]' })).status).toBe(403)
  // JSON webhooks reach 1 MB, and the parsers of Express stop at 100 KB by default.
  const long = signRequest({
    url: 'https://api.example.com/events',
    method: 'POST',
    json: { ...Object(sampleWebhook('transcription.batch').json), sentences: ['x'.repeat(1_000_000)] },
    authToken: mainToken,
  })
  expect((await deliver(app, long)).status).toBe(204)
  const message = signRequest({ url, ...sampleWebhook('message.inbound'), authToken: mainToken })
  expect((await deliver(app, message)).status).toBe(200)
  expect((await deliver(app, { ...message, body: 'Body=other' })).status).toBe(403)
  for (const [secret, status] of [
    ['a shared secret', 200],
    ['another secret', 403],
  ] as const) {
    const sharedKey = { id: 'webhooks_sharedkey_01', secret }
    // The middleware takes the host from the request and, without a proxy, http.
    const call = signRequest({ url: 'http://api.example.com/calls', ...sampleWebhook('call.inbound'), sharedKey })
    expect((await deliver(app, call)).status).toBe(status)
  }
})

test('a message that is checked with its schema', async () => {
  vi.stubEnv('TWILIO_AUTH_TOKEN', token)
  const { app } = await import('../../examples/schemas/express.mjs')
  const sign = (params: readonly [string, string][]) => signRequest({ url, params: [...params], authToken: token })
  const { params = [] } = sampleWebhook('message.inbound')
  const answer = await deliver(app, sign(params))
  expect([answer.status, await answer.text()]).toEqual([
    200,
    expect.stringContaining('Test message, from SAN FRANCISCO'),
  ])
  const cut = await deliver(app, sign(params.filter(([name]) => name !== 'Body')))
  expect([cut.status, await cut.json()]).toEqual([422, [{ message: 'Body is missing', path: ['Body'] }]])
})

test('a SharedKey alone, without an Auth Token', async () => {
  vi.stubEnv('TWILIO_AUTH_TOKEN', undefined)
  vi.stubEnv('SHARED_KEY_SECRET', 'a shared secret')
  const { verifier } = await import('../../examples/keys/shared-key.mjs')
  for (const [secret, ok] of [
    ['a shared secret', true],
    ['another secret', false],
  ] as const) {
    const sharedKey = { id: 'webhooks_sharedkey_01', secret }
    const { method, headers, body } = signRequest({ url, ...sampleWebhook('message.inbound'), sharedKey })
    expect(await verifier.verify({ method, url: '/sms', headers, body })).toMatchObject({ ok })
  }
})
