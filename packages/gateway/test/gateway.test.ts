import { beforeEach, expect, test } from 'vitest'
import type { Exchange } from '../src/index.ts'
import { accountSid, type Started, send, signSms, startGateway, startUpstream, type Upstream } from './support.ts'

let upstream: Upstream
let gateway: Started
const exchanges: Exchange[] = []

beforeEach(async () => {
  exchanges.length = 0
  upstream = await startUpstream((_, res) => {
    res.setHeader('Content-Type', 'text/xml')
    res.end('<Response/>')
  })
  gateway = await startGateway(upstream.url, { onExchange: (exchange) => exchanges.push(exchange) })
})

test('a genuine form post reaches the upstream with the verdict headers', async () => {
  const signed = signSms('/sms?a=%41&b=+')
  const reply = await send(gateway.url, signed)
  expect([reply.status, reply.body, reply.headers['content-type']]).toEqual([200, '<Response/>', 'text/xml'])
  const [seen] = upstream.seen
  expect([seen?.method, seen?.target, seen?.body.toString()]).toEqual(['POST', '/sms?a=%41&b=+', signed.body])
  expect(seen?.headers['tollgate-verified']).toBe('params')
  expect(seen?.headers['tollgate-account-sid']).toBe(accountSid)
})

test.each([
  ['tollgate_inspector_0a1b2c3d=secret', undefined],
  ['a=1; tollgate_inspector_0a1b2c3d=secret; b=2;tollgate_inspector_4040=x', 'a=1; b=2'],
  ['tollgate_inspector_0a1b2c3d=secret; a=1', 'a=1'],
  ['a=tollgate_inspector_; b="2"', 'a=tollgate_inspector_; b="2"'],
])('the cookies of the page of the inspector do not reach the upstream: %s', async (cookie, passed) => {
  const signed = signSms()
  const reply = await send(gateway.url, { ...signed, headers: { ...signed.headers, Cookie: cookie } })
  expect(reply.status).toBe(200)
  expect(upstream.seen[0]?.headers.cookie).toBe(passed)
})

test('onExchange gets the request, the verdict and the answer', async () => {
  const signed = signSms()
  await send(gateway.url, signed)
  await send(gateway.url, { ...signed, body: signed.body.replace('more', 'less') })
  await expect.poll(() => exchanges.length).toBe(2)
  const [genuine, forged] = exchanges
  expect(genuine?.verdict?.ok).toBe(true)
  expect(Buffer.from(genuine?.request.body ?? []).toString()).toBe(signed.body)
  expect(Buffer.from(genuine?.response?.body ?? []).toString()).toBe('<Response/>')
  expect(genuine?.response?.by).toBe('upstream')
  expect(forged?.verdict).toMatchObject({ ok: false, code: 'signature_mismatch' })
  expect(Buffer.from(forged?.request.body ?? []).toString()).toContain('less')
  expect(forged?.response).toMatchObject({ status: 403, by: 'gateway' })
  expect(forged?.route).toEqual({ path: '/', scheme: 'twilio', publicUrl: 'https://api.example.com' })
})

test('a stop waits for the requests in flight, also for one that takes longer than the listener stays open', async () => {
  const slow = await startUpstream((_, res) => setTimeout(() => res.end('late'), 3000))
  const other = await startGateway(slow.url)
  const reply = send(other.url, signSms())
  await expect.poll(() => slow.seen.length).toBe(1)
  await other.close({ graceMs: 20_000 })
  expect(await reply).toMatchObject({ status: 200, body: 'late' })
})
