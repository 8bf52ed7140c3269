import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type DevOptions, startDev } from '../src/index.ts'
import { Calls } from '../src/server/call/calls.ts'
import type { Sender } from '../src/server/send/sender.ts'
import type { CallChange, CallView } from '../src/shared/api.ts'
import type { CaptureView } from '../src/shared/capture.ts'
import { authToken, follow, type Page, pageAt, serve, until } from './kit.ts'

const menu = '<Gather action="/menu?a=1" numDigits="1"><Say>Press 1 for sales.</Say></Gather>'

/** A small IVR. Each path has its document; others have none. */
const documents: Readonly<Record<string, string>> = {
  '/voice': menu,
  '/menu': '<Say>Sales.</Say><Gather input="speech" action="/speech"><Say>Who is it?</Say></Gather>',
  '/speech': '<Say>Goodbye.</Say><Hangup/>',
  '/dial': '<Dial action="/dialed">+15551230002</Dial>',
  '/dialed': '<Say>All lines are busy.</Say>',
  '/loop': '<Redirect>/loop</Redirect>',
  '/elsewhere': '<Say>Before.</Say><Redirect>http://127.0.0.1:OTHER/voice</Redirect>',
  '/beside': '<Redirect>https://api.example.com.evil.example/voice</Redirect>',
  '/userinfo': '<Redirect>https://api.example.com@127.0.0.1:OTHER/voice</Redirect>',
  '/hostile': `<Say>&lt;img src=x onerror=alert(1)&gt;\u202e${'x'.repeat(3_000)}</Say>${menu}`,
  '/many': `${'<Say>a</Say>'.repeat(1_500)}${menu}`,
}

interface Setting {
  readonly page: Page
  /** The paths that the application was asked for. */
  readonly asked: string[]
  /** How many requests came to a server that is not the application's. */
  readonly strayed: () => number
}

async function open(options: DevOptions = {}): Promise<Setting> {
  let strayed = 0
  const other = await serve((_, res) => {
    strayed++
    res.end()
  })
  const asked: string[] = []
  const upstream = await serve((req, res) => {
    req.resume()
    const path = new URL(req.url ?? '', 'http://app').pathname
    asked.push(path)
    if (path === '/silent') return
    const document = documents[path]?.replace('OTHER', new URL(other).port)
    res.writeHead(document === undefined ? 404 : 200, { 'content-type': 'text/xml' })
    res.end(document === undefined ? '' : `<Response>${document}</Response>`)
  })
  const run = await startDev({
    listen: { port: 0 },
    inspectorPort: 0,
    authToken,
    publicUrl: 'https://api.example.com',
    upstream,
    ...options,
  })
  onTestFinished(() => run.close())
  return { page: await pageAt(run.inspectorUrl, run), asked, strayed: () => strayed }
}

const input = { path: '/voice', from: '+14155550142', to: '+12025550123' }

async function place(page: Page, changed: object = {}): Promise<CallView> {
  const { id } = await page.json<CallView>('/api/calls', { method: 'POST', body: { ...input, ...changed } })
  return await settled(page, id)
}

const settled = (page: Page, id: string) =>
  until(async () => {
    const view = await page.json<CallView>(`/api/calls/${id}`)
    return view.state === 'working' ? undefined : view
  })
const step = (page: Page, { id }: CallView, name: string, body: object = {}) =>
  page.json<CallView>(`/api/calls/${id}/${name}`, { method: 'POST', body })

const heard = ({ lines }: CallView) => lines.flatMap((line) => (line.type === 'heard' ? [line.text] : []))
const requests = ({ lines }: CallView) => lines.flatMap((line) => (line.type === 'request' ? [line] : []))
const notes = ({ lines }: CallView) => lines.flatMap((line) => (line.type === 'note' ? [line.text] : []))
const findings = ({ lines }: CallView) => lines.flatMap((line) => (line.type === 'finding' ? [line.detail] : []))

test('a call is walked: keys, speech, and each request is a capture', async () => {
  const { page, asked } = await open()
  const call = await place(page)
  expect(call).toMatchObject({ state: 'waiting', status: 'in-progress' })
  expect(heard(call)).toEqual(['Press 1 for sales.'])
  const menu = await step(page, call, 'press', { keys: '1' })
  expect(heard(menu)).toEqual(['Press 1 for sales.', 'Sales.', 'Who is it?'])
  const end = await step(page, call, 'say', { text: 'two people' })
  expect(end).toMatchObject({ state: 'over', status: 'completed' })
  expect(end.lines.filter(({ type }) => type === 'caller')).toEqual([
    { type: 'caller', text: 'You pressed 1' },
    { type: 'caller', text: 'You said: two people' },
  ])
  expect(asked).toEqual(['/voice', '/menu', '/speech'])
  expect(requests(end).map(({ reason, url, status }) => [reason, url, status])).toEqual([
    ['call', 'https://api.example.com/voice', 200],
    ['Gather action', 'https://api.example.com/menu?a=1', 200],
    ['Gather action', 'https://api.example.com/speech', 200],
  ])
  for (const { capture } of requests(end)) {
    const view = await page.json<CaptureView>(`/api/captures/${capture}`)
    expect(view).toMatchObject({ origin: 'test', signedWith: 'throw-away', verdict: { ok: true } })
  }
  const last = await page.json<CaptureView>(`/api/captures/${requests(end)[2]?.capture}`)
  expect(last.params).toContainEqual(['SpeechResult', 'two people'])
  expect((await page.ask(`/api/calls/${call.id}/press`, { method: 'POST', body: { keys: '1' } })).status).toBe(409)
})

test('a number that rings is busy, and the caller hangs up', async () => {
  const { page, asked } = await open()
  const ringing = await place(page, { path: '/dial' })
  expect(heard(await step(page, ringing, 'answer', { outcome: 'busy' }))).toContain('All lines are busy.')
  expect(asked).toEqual(['/dial', '/dialed'])
  const call = await place(page)
  expect(await step(page, call, 'hangup')).toMatchObject({ state: 'over', status: 'completed' })
})

test('the events of a call are sent as they happen', async () => {
  const { page } = await open()
  const events = await follow(page)
  const call = await place(page)
  await step(page, call, 'hangup')
  const changes = await until(() => {
    const all = events.flatMap(({ name, data }) => (name === 'call' ? [data as CallChange] : []))
    return all.some(({ state }) => state === 'over') ? all : undefined
  })
  const { lines } = await page.json<CallView>(`/api/calls/${call.id}`)
  expect(changes.flatMap((change) => change.lines)).toEqual(lines)
  expect(changes.map(({ at }) => at)).toEqual(changes.map(({ at }) => at).sort((one, two) => one - two))
})

test('a call ends when the last page was left', async () => {
  const { page } = await open()
  const call = await place(page)
  const socket = connect(page.port, '127.0.0.1')
  socket.write(`GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${page.port}\r\nCookie: ${page.cookie}\r\n\r\n`)
  await once(socket, 'data')
  expect(await page.json(`/api/calls/${call.id}`)).toMatchObject({ state: 'waiting' })
  socket.destroy()
  const end = await until(async () => {
    const view = await page.json<CallView>(`/api/calls/${call.id}`)
    return view.state === 'over' ? view : undefined
  })
  expect(notes(end)).toEqual(['The call was ended: the page was left.'])
}, 20_000)

test.each(['/elsewhere', '/beside', '/userinfo'])('no other host is called: %s', async (path) => {
  const { page, asked, strayed } = await open()
  const call = await place(page, { path })
  expect(call.state).toBe('over')
  expect(findings(call).join()).toMatch(/was not requested: the walk may not call this host/)
  expect(asked).toEqual([path])
  expect(strayed()).toBe(0)
})

test('a public URL with a prefix and a password is that of the gateway', async () => {
  const { page, asked } = await open({ publicUrl: ['https://user:pw@api.example.com/prefix/'] })
  const call = await place(page)
  expect(requests(call)).toMatchObject([{ url: 'https://api.example.com/prefix/voice', status: 200 }])
  // Its action is not below the prefix.
  expect(findings(await step(page, call, 'press', { keys: '1' })).join()).toContain('was not requested')
  expect(asked).toEqual(['/voice'])
  expect(JSON.stringify(call)).not.toContain('pw')
})

test('what the application writes is only text, and bounded', async () => {
  const { page } = await open()
  const [first = ''] = heard(await place(page, { path: '/hostile' }))
  expect(first).toMatch(/^<img src=x onerror=alert\(1\)>\u202ex+$/)
  expect(first).toHaveLength(2_000)
  const many = await place(page, { path: '/many' })
  expect(many.lines).toHaveLength(1_001)
  expect(many.lines.at(-1)).toEqual({ type: 'note', text: 'Only the first 1,000 lines are shown.' })
  expect(many.state).toBe('waiting')
})

test('a Redirect to itself ends', async () => {
  const { page, asked } = await open()
  const call = await place(page, { path: '/loop' })
  expect(call.state).toBe('over')
  expect(asked).toHaveLength(100)
})

test('four calls run at once, and a call that is over makes room', async () => {
  const { page } = await open()
  const calls: CallView[] = []
  for (let count = 0; count < 4; count++) calls.push(await place(page))
  const refused = await page.ask('/api/calls', { method: 'POST', body: input })
  expect(refused).toMatchObject({ status: 409, text: '4 calls are running. Hang up in one of them first.' })
  await step(page, calls[2] as CallView, 'hangup')
  expect((await place(page)).state).toBe('waiting')
  expect((await page.ask(`/api/calls/${calls[2]?.id}`)).status).toBe(404)
  expect((await page.ask(`/api/calls/${calls[0]?.id}`)).status).toBe(200)
})

test('a call takes no step while the application answers', async () => {
  const { page } = await open()
  const call = await page.json<CallView>('/api/calls', { method: 'POST', body: { ...input, path: '/silent' } })
  const refused = await page.ask(`/api/calls/${call.id}/press`, { method: 'POST', body: { keys: '1' } })
  expect(refused).toMatchObject({ status: 409, text: 'The call does not wait for you now.' })
})

test.each([
  ['when the inspector stops', 0, 'The call was ended: the inspector stopped.'],
  ['after 5 minutes without a step', 5 * 60_000, 'The call was ended: nothing was done for 5 minutes.'],
])('a call whose application is silent ends %s', async (_name, ms, note) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const request = vi.fn((_outgoing: unknown, _real: boolean, left: AbortSignal) => {
    left.throwIfAborted()
    return new Promise((_, reject) => left.addEventListener('abort', () => reject(new Error('aborted'))))
  })
  const sender = { request, check: () => {} } as unknown as Sender
  const over = new Promise<void>((resolve) => {
    const onChange = ({ state }: CallView) => state === 'over' && resolve()
    const calls = new Calls({ sender, publicUrl: 'https://api.example.com', accountSid: undefined, onChange })
    const { id } = calls.start({ path: '/voice', from: '+1', to: '+1' })
    if (ms === 0) calls.end('the inspector stopped')
    else vi.advanceTimersByTime(ms)
    expect(notes(calls.find(id).view)).toEqual([note])
  })
  await over
  expect(request).toHaveBeenCalledTimes(1)
})

test('a call ends after 500 steps', async () => {
  const body = '<Response><Dial>+15551230002</Dial></Response>'
  const facts = { status: 200, bytes: body.length, isCut: false, durationMs: 1 }
  const request = async () => ({ answer: { ...facts, headers: [['content-type', 'text/xml']], body } })
  const sender = { request, check: () => {} } as unknown as Sender
  const calls = new Calls({ sender, publicUrl: 'https://a.example', accountSid: undefined, onChange: () => {} })
  const call = calls.find(calls.start({ path: '/dial', from: '+1', to: '+1' }).id)
  await until(() => (call.view.state === 'waiting' ? true : undefined))
  // A Dial takes no keys while it rings.
  for (let count = 0; count < 500; count++) await call.act('press', { keys: '1' })
  await expect(call.act('press', { keys: '1' })).rejects.toThrow('The call has ended after 500 steps.')
  await until(() => (call.view.state === 'over' ? true : undefined))
})

test.each([
  ['a list', '', []],
  ['no path', '', { from: '+1', to: '+1' }],
  ['a path that is a URL', '', { ...input, path: 'https://evil.example/' }],
  ['a path without a slash', '', { ...input, path: '@evil.example/' }],
  ['a path that is too long', '', { ...input, path: `/${'x'.repeat(2_000)}` }],
  ['a number as the caller', '', { ...input, from: 1 }],
  ['a caller that is too long', '', { ...input, from: '1'.repeat(201) }],
  ['the real token, which this run may not use', '', { ...input, useRealToken: true }],
  ['letters as keys', '/ID/press', { keys: 'abc' }],
  ['no keys', '/ID/press', { keys: '' }],
  ['too many keys', '/ID/press', { keys: '1'.repeat(101) }],
  ['no speech', '/ID/say', { text: ' ' }],
  ['too much speech', '/ID/say', { text: 'x'.repeat(1_001) }],
  ['an unknown outcome', '/ID/answer', { outcome: 'toString' }],
])('wrong input is reported, and nothing is sent: %s', async (_name, path, body) => {
  const { page, asked } = await open()
  const { id } = await place(page)
  const answer = await page.ask(`/api/calls${path.replace('ID', id)}`, { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(answer.text).not.toMatch(/at .*\.ts|undefined/)
  expect(asked).toEqual(['/voice'])
})

test.each([
  ['without the token', { 'x-tollgate-inspector-token': '' }, 401],
  ['from another origin', { origin: 'https://evil.example' }, 403],
  ['from another site', { 'sec-fetch-site': 'cross-site' }, 403],
  ['for another host', { host: 'evil.example' }, 403],
  ['as a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
])('a call %s is refused', async (_name, headers, status) => {
  const { page, asked } = await open()
  const { id } = await place(page)
  for (const path of ['/api/calls', `/api/calls/${id}/hangup`, `/api/calls/${id}/press`]) {
    const body = { ...input, keys: '1' }
    expect((await page.ask(path, { method: 'POST', body, headers })).status).toBe(status)
  }
  expect(await page.json(`/api/calls/${id}`)).toMatchObject({ state: 'waiting' })
  expect(asked).toEqual(['/voice'])
})

test('a call and a step that do not exist', async () => {
  const { page } = await open()
  const { id } = await place(page)
  const post = async (path: string) => (await page.ask(path, { method: 'POST', body: {} })).status
  expect(await post('/api/calls/unknown/hangup')).toBe(404)
  expect(await post(`/api/calls/${id}/toString`)).toBe(404)
  expect(await post(`/api/calls/${id}`)).toBe(404)
})

test('the real token signs if it is allowed, and its signatures are not shown', async () => {
  const { page } = await open({ signWithRealToken: true })
  const call = await place(page, { useRealToken: true })
  const [first] = requests(call)
  const view = await page.json<CaptureView>(`/api/captures/${first?.capture}`)
  expect(view).toMatchObject({ signedWith: 'real', verdict: { ok: true, key: 'your Auth Token' } })
  expect(view.headers).toContainEqual(['x-twilio-signature', '(hidden)'])
})
