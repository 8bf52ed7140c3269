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

test('what the page about GET says of the parameters and of other methods', async () => {
  const accountSid = 'AC0123456789abcdef0123456789abcdef'
  const url = `${origin}/sms?From=shop`
  const signed = signRequest({
    method: 'GET',
    url,
    params: { From: '+14155550142', AccountSid: accountSid },
    authToken,
  })
  const request = { method: 'GET', url: signed.url.slice(origin.length), headers: signed.headers }
  const verdict = await createVerifier({ publicUrl: origin }).verify(request)
  if (!verdict.ok) throw new Error(verdict.message)
  expect(verdict).toMatchObject({ covers: 'url', accountSid })
  expect(verdict.params.get('From')).toBe('shop')
  expect(verdict.params.getAll('From')).toEqual(['shop', '+14155550142'])

  const post = { ...request, method: 'POST' }
  expect(await createVerifier({ publicUrl: origin }).verify(post)).toMatchObject({ ok: true, covers: 'url' })
  const onlyGet = createVerifier({ publicUrl: origin, methods: ['GET'] })
  expect(await onlyGet.verify(post)).toMatchObject({ ok: false, code: 'method_not_allowed' })
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
