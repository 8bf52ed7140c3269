import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { webhookKinds } from 'tollgate/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type DevOptions, type DevRun, startDev } from '../src/index.ts'
import type { RunInfo, SendResult } from '../src/shared/api.ts'
import type { CaptureView } from '../src/shared/capture.ts'
import { authToken, type Page, pageAt, until } from './kit.ts'

interface Dev {
  readonly run: DevRun
  readonly page: Page
}

async function start(options: DevOptions = {}): Promise<Dev> {
  const run = await startDev({ listen: { port: 0 }, inspectorPort: 0, ...options })
  return { run, page: await pageAt(run.inspectorUrl, run) }
}
async function open(options: DevOptions = {}): Promise<Dev> {
  const dev = await start(options)
  onTestFinished(() => dev.run.close())
  return dev
}

const post = (page: Page, path: string, body: unknown = {}) =>
  page.json<SendResult>(`/api/${path}`, { method: 'POST', body })
const read = (page: Page, { id }: SendResult) => page.json<CaptureView>(`/api/captures/${id}`)

let shared: Dev
beforeAll(async () => {
  shared = await start({ authToken })
})
afterAll(() => shared.run.close())

test.each(webhookKinds)('a test webhook is delivered, accepted and answered: %s', async (kind) => {
  const sent = await post(shared.page, 'send', { kind, path: '/hook?a=1' })
  const view = await read(shared.page, sent)
  expect(view.verdict).toMatchObject({ ok: true, key: "this run's throw-away token" })
  expect(view).toMatchObject({ origin: 'test', signedWith: 'throw-away' })
  expect(view.response?.by).toBe('upstream')
  expect([101, 200, 204]).toContain(sent.status)
})

test('the built-in application answers a message with TwiML that repeats it', async () => {
  const overrides = { Body: '<Say>"&' }
  const view = await read(shared.page, await post(shared.page, 'send', { kind: 'message.inbound', overrides }))
  expect(view.params).toContainEqual(['Body', '<Say>"&'])
  expect(view.response?.body).toBe('<Response><Message>You said: &lt;Say&gt;&quot;&amp;</Message></Response>')
})

test('secrets of SharedKeys are not shown, from a record or a Map', async () => {
  const secret = 'shared-key-secret-text'
  for (const sharedKeys of [{ key1: secret }, new Map([['key1', { secret }]])]) {
    const { page } = await open({ authToken, sharedKeys })
    const { id } = await post(page, 'send', { kind: 'message.inbound', overrides: { Body: `It is ${secret}.` } })
    expect((await page.ask(`/api/captures/${id}`)).text).toContain('It is ')
    expect((await page.ask(`/api/captures/${id}`)).text).not.toContain(secret)
  }
})

test('a spoofed webhook is refused, and what is seen is shown', async () => {
  const sent = await post(shared.page, 'send', { kind: 'message.inbound', spoofed: true })
  expect(sent.status).toBe(403)
  const view = await read(shared.page, sent)
  expect(view.verdict).toMatchObject({ ok: false, code: 'signature_mismatch' })
  const { explanation, summary } = await until(async () => {
    const found = await read(shared.page, sent)
    return found.explanation && found
  })
  // Twilio cannot reach this machine.
  expect(explanation?.suspected.map(({ id }) => id)).toEqual(['host'])
  // The page knows the cause, so its list names no suspicion.
  expect(summary.signedWith).toBe('random')
  expect(summary.cause).toBeUndefined()
  expect((await read(shared.page, await post(shared.page, `captures/${view.id}/replay`))).signedWith).toBe('random')
})

test('the page gets the main parameters of every sample, Body, From and To first', async () => {
  const { kinds, samples } = await shared.page.json<RunInfo>('/api/info')
  expect(Object.keys(samples)).toEqual(kinds)
  expect(samples['message.inbound']?.map(([name]) => name)).toEqual(['Body', 'From', 'To'])
  expect(samples['gather.dtmf']?.map(([name]) => name)).toEqual(['From', 'To', 'Digits', 'CallStatus'])
  expect(samples['events.batch']).toEqual([])
})

test('a replay sends the same headers and bytes', async () => {
  const first = await read(shared.page, await post(shared.page, 'send', { kind: 'message.inbound' }))
  const again = await read(shared.page, await post(shared.page, `captures/${first.id}/replay`))
  expect(again.id).not.toBe(first.id)
  expect(again).toMatchObject({ origin: 'replayed', method: first.method, target: first.target, body: first.body })
  const sorted = (view: CaptureView) =>
    view.headers
      .map(String)
      .filter((line) => !/^connection/i.test(line))
      .sort()
  expect(sorted(again)).toEqual(sorted(first))
  expect(again.verdict?.ok).toBe(true)
})

test('an edited form is signed again and delivered', async () => {
  const first = await read(shared.page, await post(shared.page, 'send', { kind: 'message.inbound', spoofed: true }))
  const params = first.params.map(([name, value]) => [name, name === 'Body' ? 'edited' : value])
  const edited = { method: 'POST', target: '/edited?x=1', params, contentType: 'application/x-www-form-urlencoded' }
  const view = await read(shared.page, await post(shared.page, `captures/${first.id}/resign`, edited))
  expect(view).toMatchObject({ origin: 're-signed', target: '/edited?x=1', kind: 'message.inbound' })
  expect(view.verdict).toMatchObject({ ok: true, covers: 'params' })
  expect(view.response?.body).toContain('You said: edited')
})

test('edited JSON gets a new bodySHA256', async () => {
  const first = await read(shared.page, await post(shared.page, 'send', { kind: 'events.batch', path: '/hook?keep=1' }))
  const edited = { method: 'POST', target: first.target, body: '{"edited":true}', contentType: 'application/json' }
  const view = await read(shared.page, await post(shared.page, `captures/${first.id}/resign`, edited))
  expect(view.verdict).toMatchObject({ ok: true, covers: 'body' })
  expect(view.target).toMatch(/^\/hook\?keep=1&bodySHA256=[0-9a-f]{64}$/)
  expect(view.target).not.toBe(first.target)
})

test('an edited handshake stays a handshake', async () => {
  const first = await read(shared.page, await post(shared.page, 'send', { kind: 'conversation-relay.handshake' }))
  const sent = await post(shared.page, `captures/${first.id}/resign`, { method: 'GET', target: '/stream?lang=de' })
  expect(sent.status).toBe(101)
  expect((await read(shared.page, sent)).verdict?.ok).toBe(true)
})

test.each([
  ['an unknown kind', 'send', { kind: 'toString' }],
  ['no kind', 'send', {}],
  ['a path that is a URL', 'send', { kind: 'message.inbound', path: 'https://evil.example/' }],
  ['a path with a line break', 'send', { kind: 'message.inbound', path: '/x\r\nHost: evil' }],
  ['a path with a fragment', 'send', { kind: 'message.inbound', path: '/x#y' }],
  ['overrides that are not strings', 'send', { kind: 'message.inbound', overrides: { Body: 1 } }],
  ['a list', 'send', []],
])('wrong input is reported and sends nothing: %s', async (_name, path, body) => {
  const before = await shared.page.json<unknown[]>('/api/captures')
  const answer = await shared.page.ask(`/api/${path}`, { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(answer.text).not.toMatch(/at .*\.ts|undefined/)
  expect(await shared.page.json('/api/captures')).toHaveLength(before.length)
})

test('the real token signs only if it is allowed', async () => {
  const asked = { method: 'POST', body: { kind: 'message.inbound', useRealToken: true } }
  const answer = await shared.page.ask('/api/send', asked)
  expect(answer.status).toBe(400)
  expect(answer.text).toContain('--sign-with-real-token')
})

test('the signatures of the real token are never shown', async () => {
  const { page } = await open({ authToken, signWithRealToken: true })
  const sent = await post(page, 'send', { kind: 'message.inbound', useRealToken: true })
  const view = await read(page, sent)
  expect(view.verdict).toMatchObject({ ok: true, key: 'your Auth Token' })
  expect(view.headers).toContainEqual(['x-twilio-signature', '(hidden)'])
  expect((await page.ask(`/api/captures/${sent.id}/copy?as=curl`)).text).toContain(
    '# Left out, because its value is hidden: "x-twilio-signature: ',
  )
  const again = await post(page, `captures/${sent.id}/replay`)
  expect((await read(page, again)).headers).toContainEqual(['x-twilio-signature', '(hidden)'])
})

test.each(['message.inbound', 'events.batch', 'debugger.event'])(
  'a test webhook names the account that the gateway accepts: %s',
  async (kind) => {
    const accountSid = `AC${'1'.repeat(32)}`
    const { page } = await open({ allowedAccounts: accountSid })
    const view = await read(page, await post(page, 'send', { kind }))
    expect(view.verdict).toMatchObject({ ok: true })
    expect(JSON.stringify(view.body)).toContain(accountSid)
  },
)

test("the application gets the path without the public URL's prefix", async () => {
  const { page, run } = await open({ publicUrl: 'https://user:pw@api.example.com/prefix' })
  const view = await read(page, await post(page, 'send', { kind: 'message.inbound', path: '/sms' }))
  expect(view.verdict).toMatchObject({ ok: true, url: 'https://api.example.com/prefix/sms' })
  expect(view.target).toBe('/sms')
  expect(run.publicUrl).toBe('https://user:pw@api.example.com/prefix')
})

test('a copy of a sent webhook from another client counts as received', async () => {
  const { page, run } = await open()
  const sent = await read(page, await post(page, 'send', { kind: 'message.inbound' }))
  const headers = sent.headers.filter(([name]) => !/^(host|content-length|connection)$/i.test(name))
  await (
    await fetch(run.gatewayUrl + sent.target, {
      method: 'POST',
      headers: headers as [string, string][],
      body: sent.body ?? '',
    })
  ).text()
  const [newest] = await page.json<CaptureView[]>('/api/captures')
  expect(newest).toMatchObject({ origin: 'received', code: 'accepted' })
})

test('the gateway answers 502 if the application is down', async () => {
  const { page } = await open({ upstream: 'http://127.0.0.1:1' })
  const sent = await post(page, 'send', { kind: 'message.inbound' })
  expect(sent.status).toBe(502)
  expect((await read(page, sent)).response?.by).toBe('gateway')
})

test.each([
  ['in one piece', 'Body=x'],
  ['in pieces', 'Body'],
])('a request without a signature that arrives %s is refused before its body is read', async (_, begun) => {
  const { page, run } = await open()
  const socket = connect(Number(new URL(run.gatewayUrl).port), '127.0.0.1').setEncoding('latin1')
  const form = 'Content-Type: application/x-www-form-urlencoded\r\n'
  socket.write(`POST /sms HTTP/1.1\r\nHost: api.example.com\r\n${form}Content-Length: 6\r\n\r\n${begun}`)
  expect((await once(socket, 'data'))[0]).toMatch(/^HTTP\/1\.1 403 /)
  socket.destroy()
  await expect.poll(async () => (await page.json<CaptureView[]>('/api/captures')).length).toBe(1)
  const [one] = await page.json<CaptureView[]>('/api/captures')
  let view = await read(page, { id: one?.id, status: 403 })
  while (view.explanation === undefined) view = await read(page, { id: one?.id, status: 403 })
  expect(view).toMatchObject({ unread: true, params: [], verdict: { code: 'signature_missing' } })
  expect(view.explanation.suspected.map(({ id }) => id)).not.toContain('body_already_parsed')
  // A body arrived, but nothing read it.
  expect(JSON.stringify(view.explanation)).not.toContain('no body')
})

test('in observe mode refused requests reach the application', async () => {
  const { page } = await open({ mode: 'observe' })
  const sent = await post(page, 'send', { kind: 'message.inbound', spoofed: true })
  expect(sent.status).toBe(200)
  expect((await read(page, sent)).verdict).toMatchObject({ ok: false, code: 'signature_mismatch' })
})

test.each([
  [{ inspectorPort: -1 }, 'inspectorPort'],
  [{ listen: { port: 1.5 } }, 'listen.port'],
  [{ upstrem: 'http://127.0.0.1:3000' }, 'upstrem'],
  [{ signWithRealToken: true }, 'signWithRealToken'],
  [{ listen: { port: 8080 }, upstream: 'http://localhost:8080' }, 'upstream'],
])('a wrong option of startDev rejects with an error that names it: %j', async (options, name) => {
  await expect(startDev({ listen: { port: 0 }, inspectorPort: 0, ...options } as never)).rejects.toThrow(`"${name}"`)
})

test('rejects if a port is in use, and leaves nothing open', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => blocker.once('listening', resolve))
  onTestFinished(() => void blocker.close())
  const { port } = blocker.address() as AddressInfo
  await expect(startDev({ listen: { port }, inspectorPort: 0 })).rejects.toThrow('EADDRINUSE')
  await expect(startDev({ listen: { port: 0 }, inspectorPort: port })).rejects.toThrow('EADDRINUSE')
})
