import { createVerifier } from 'tollgate'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deliver } from './deliver.ts'

const authToken = '0123456789abcdef0123456789abcdef'
const origin = 'https://api.example.com'

beforeEach(() => {
  vi.resetModules()
  vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
})

afterEach(() => {
  vi.unstubAllEnvs()
})

test('a GET webhook', async () => {
  const { app } = await import('../../examples/guides/get.mjs')
  const signed = signRequest({
    method: 'GET',
    url: `${origin}/sms?shop=7`,
    params: { NumSegments: '2', From: '+14155550142' },
    authToken,
  })
  const answer = await deliver(app, signed)
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Shop 7 read 2 SMS')])
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect((await deliver(app, { ...signed, url: signed.url.replace('shop=7', 'shop=8') })).status).toBe(403)
  expect((await deliver(app, { ...signed, method: 'HEAD' })).status).toBe(403)
})

test('a status callback: its query is signed, its order does not count, a repeat changes nothing', async () => {
  const { app, orders } = await import('../../examples/guides/status.mjs')
  const sign = (MessageStatus: string, order: string) =>
    signRequest({
      url: `${origin}/status?order=${order}#rc=3&rp=all`,
      ...sampleWebhook('message.status', { MessageStatus }),
      authToken,
    })
  const send = async (signed: ReturnType<typeof sign>): Promise<number> => (await deliver(app, signed)).status

  expect(await send(sign('delivered', '1042'))).toBe(204)
  expect(await send(sign('sent', '1042'))).toBe(204)
  expect(orders.get('1042')).toBe('delivered')

  const read = sign('read', '1042')
  expect(await send(read)).toBe(204)
  orders.set('1042', 'queued')
  expect(await send(read)).toBe(204)
  expect(orders.get('1042')).toBe('queued')

  expect(await send({ ...sign('sent', '1042'), url: `${origin}/status?order=7` })).toBe(403)
  expect(orders.has('7')).toBe(false)
})

test('tenants in a Map: each path takes only its own account', async () => {
  const { app } = await import('../../examples/guides/tenants.mjs')
  const send = async (id: string, AccountSid: string, authToken: string): Promise<number> => {
    const webhook = sampleWebhook('message.inbound', { AccountSid })
    return (await deliver(app, signRequest({ url: `${origin}/tenants/${id}/sms`, ...webhook, authToken }))).status
  }
  const [seven, eight] = ['AC0123456789abcdef0123456789abcdef', 'ACfedcba9876543210fedcba9876543210'] as const
  expect(await send('7', seven, '00112233445566778899aabbccddee07')).toBe(200)
  expect(await send('8', eight, '00112233445566778899aabbccddee08')).toBe(200)
  expect(await send('7', eight, '00112233445566778899aabbccddee08')).toBe(403)
  expect(await send('9', eight, '00112233445566778899aabbccddee08')).toBe(403)
  expect(await send('7', seven, '00112233445566778899aabbccddee08')).toBe(403)
})

test('a Map is read when the verifier is made', async () => {
  const tokens = new Map([['AC0123456789abcdef0123456789abcdef', 'first']])
  const verifier = createVerifier({ publicUrl: origin, authToken: tokens })
  tokens.set('AC0123456789abcdef0123456789abcdef', 'second')
  const sms = sampleWebhook('message.inbound', { AccountSid: 'AC0123456789abcdef0123456789abcdef' })
  const { method, headers, body } = signRequest({ url: `${origin}/sms`, ...sms, authToken: 'first' })
  expect(await verifier.verify({ method, url: '/sms', headers, body })).toMatchObject({ ok: true })
})

test('tenants in a database: a new one without a restart', async () => {
  const { createApp } = await import('../../examples/guides/database.mjs')
  const rows = new Map<string, { accountSid: string; authToken: string }>()
  const insert = (accountSid: string, token: string) => rows.set(accountSid, { accountSid, authToken: token })
  const [first, second] = [`AC${'1'.repeat(32)}`, `AC${'2'.repeat(32)}`] as const
  insert(first, 'a-token')
  const { app, addTenant } = await createApp({
    find: async (sid) => rows.get(sid),
    list: async () => [...rows.values()],
  })
  const send = async (AccountSid: string, token: string): Promise<number> => {
    const webhook = sampleWebhook('message.inbound', { AccountSid })
    return (await deliver(app, signRequest({ url: `${origin}/sms`, ...webhook, authToken: token }))).status
  }
  expect(await send(first, 'a-token')).toBe(200)
  insert(second, 'another-token')
  addTenant({ accountSid: second, authToken: 'another-token' })
  expect(await send(second, 'another-token')).toBe(200)
  expect(await send(second, 'a-token')).toBe(403)
})

test('the TypeScript of the page on types', async () => {
  const { app: observing } = await import('../../examples/guides/typescript/observe.ts')
  const { app: enforcing } = await import('../../examples/guides/typescript/handler.ts')
  const webhook = sampleWebhook('message.inbound')
  const genuine = signRequest({ url: `${origin}/sms`, ...webhook, authToken })
  const forged = signRequest({ url: `${origin}/sms`, ...webhook, authToken: 'f'.repeat(32) })
  for (const app of [observing, enforcing])
    expect(await (await deliver(app, genuine)).text()).toBe('+14155550142 of ACa42104b5c0081d28f69cc86620eae712')
  expect(await (await deliver(observing, forged)).text()).toBe('would be refused: signature_mismatch')
  expect((await deliver(enforcing, forged)).status).toBe(403)
})

test('the requests of a Studio flow, as JSON and as a form', async () => {
  const { app } = await import('../../examples/guides/studio.mjs')
  const json = signRequest({ url: `${origin}/studio/customer`, json: { phone: '+14155550142' }, authToken })
  const form = signRequest({ url: `${origin}/studio/order`, params: { phone: '+14155550142' }, authToken })
  for (const signed of [json, form]) {
    const answer = await deliver(app, signed)
    expect([answer.status, await answer.json()]).toEqual([200, { greeting: 'Hello +14155550142' }])
    expect((await deliver(app, { ...signed, body: `${signed.body} ` })).status).toBe(403)
  }
})

test('TwiML of fragments, with every value escaped', async () => {
  const { app } = await import('../../examples/guides/twiml.mjs')
  const call = async (params: Record<string, string>): Promise<string> =>
    (await deliver(app, signRequest({ url: `${origin}/voice`, params, authToken }))).text()
  const menu =
    '<Gather numDigits="1"><Say>Press 1 for Opening hours.</Say><Say>Press 2 for Orders &amp; returns.</Say></Gather>'
  expect(await call({})).toBe(`<Response>${menu}</Response>`)
  expect(await call({ CallerName: '<Dial>' })).toBe(`<Response><Say>Hello &lt;Dial&gt;.</Say>${menu}</Response>`)
})

test('one verifier for several routes', async () => {
  const { app } = await import('../../examples/guides/verifier.mjs')
  const sign = (path: string) =>
    signRequest({ url: `${origin}${path}`, params: { From: '+14155550142', Body: 'Hello' }, authToken })
  expect(await (await deliver(app, sign('/sms'))).text()).toBe('Hello +14155550142')
  expect((await deliver(app, sign('/status'))).status).toBe(204)
  for (const path of ['/sms', '/status'])
    expect((await deliver(app, { ...sign(path), body: 'Body=other' })).status).toBe(403)
})

test('a server without an adapter', async () => {
  const { answer } = await import('../../examples/guides/own-server.mjs')
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const signed = signRequest({ url: `${origin}/sms`, params: { From: '+14155550142' }, authToken })
  const request = { ...signed, url: '/sms', body: new TextEncoder().encode(signed.body) }
  expect(await answer(request)).toEqual({ status: 200, text: 'Hello +14155550142' })
  expect(await answer({ ...request, url: '/voice' })).toEqual({
    status: 403,
    text: 'Twilio Request Validation Failed.',
  })
  expect(log.mock.calls.join()).toContain('signature_mismatch')
})
