import { createHmac } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { readRequests } from 'tollgate/internal'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { CaptureSummary, CaptureView } from '../src/shared/capture.ts'
import {
  authToken,
  follow,
  makeExchange,
  openForTest,
  type Page,
  publicUrl,
  signSample,
  throwAwayToken,
  until,
  verifierOptions,
} from './kit.ts'

test('a genuine webhook is listed with its kind, from, to, verdict, status and duration', async () => {
  const page = await openForTest()
  page.inspector.record(await makeExchange(signSample('message.inbound', { From: '+14155550199' })))
  const [one] = await page.json<CaptureSummary[]>('/api/captures')
  expect(one).toMatchObject({
    origin: 'received',
    method: 'POST',
    target: '/hook',
    kind: 'message.inbound',
    from: '+14155550199',
    to: '+12025550123',
    code: 'accepted',
    status: 200,
    by: 'upstream',
    durationMs: 12.3,
  })
})

test('the detail shows what the signature covers, the key and the signed text', async () => {
  const page = await openForTest()
  const exchange = await makeExchange(signSample('message.inbound'))
  page.inspector.record(exchange)
  const view = await page.json<CaptureView>(`/api/captures/${exchange.id}`)
  expect(view.verdict).toMatchObject({ ok: true, covers: 'params', key: 'your Auth Token', algorithm: 'HMAC_SHA1' })
  expect(view.url).toBe(`${publicUrl}/hook`)
  expect(view.signingString[0]).toEqual({ text: `${publicUrl}/hook`, from: 'url' })
  expect(view.signingString.slice(1, 3)).toEqual([
    { text: 'AccountSid', from: 'name' },
    { text: 'ACa42104b5c0081d28f69cc86620eae712', from: 'value' },
  ])
  expect(view.params).toContainEqual(['From', '+14155550142'])
  expect(view.response?.body).toBe('<Response/>')
})

test('the list has the text of a message, cut', async () => {
  const page = await openForTest()
  page.inspector.record(await makeExchange(signSample('gather.speech', { SpeechResult: 'yes, please' })))
  page.inspector.record(await makeExchange(signSample('message.inbound', { Body: 'x'.repeat(500) })))
  const listed = await page.json<CaptureSummary[]>('/api/captures')
  expect(listed.map(({ body }) => body)).toEqual([`${'x'.repeat(120)}…`, 'yes, please'])
})

/** Records a refused message, and returns its view once it is explained. */
async function explain(signed: ReturnType<typeof signRequest>, sent: Partial<typeof signed>): Promise<CaptureView> {
  const page = await openForTest()
  const exchange = await makeExchange({ ...signed, ...sent })
  page.inspector.record(exchange)
  return until(async () => {
    const view = await page.json<CaptureView>(`/api/captures/${exchange.id}`)
    return view.explanation && view
  })
}

test('the signed text has the proven URL, and the parameters that arrived', async () => {
  const signed = signRequest({
    url: 'http://app.example.com/hook',
    ...sampleWebhook('message.inbound', { Body: 'in full' }),
    authToken,
  })
  const view = await explain(signed, { url: `${publicUrl}/hook` })
  expect(view.explanation?.proven).toMatchObject({ causes: [{ id: 'scheme' }], signedUrl: signed.url })
  const signature = createHmac('sha1', authToken).update(view.signingString.map(({ text }) => text).join(''))
  expect(signature.digest('base64')).toBe(signed.headers['x-twilio-signature'])
  expect(view.signingString).toContainEqual({ text: 'in full', from: 'value' })
})

test('if other parameters were signed, their values are shown by their length', async () => {
  const signed = signSample('message.inbound', { Body: 'with a space ' })
  const view = await explain(signed, { body: signed.body?.replace('with+a+space+', 'with+a+space') ?? '' })
  expect(view.explanation?.proven?.causes[0]?.id).toBe('params_trimmed')
  expect(view.signingString[0]).toEqual({ text: signed.url, from: 'url' })
  expect(view.signingString).toContainEqual({ text: '‹13 characters›', from: 'value' })
})

test('without a proof, the signed text is what the server expects, and one question is asked', async () => {
  const view = await explain(signSample('message.inbound', {}, 'f'.repeat(32)), {})
  expect(view.signingString[0]).toEqual({ text: `${publicUrl}/hook`, from: 'url' })
  expect(view.explanation).toEqual({
    suspected: [],
    question: [
      { text: expect.stringMatching(/^Checked https:\/\/app\.example\.com\/hook \(no query\)/) },
      { text: expect.stringContaining('the URL'), command: "npx @tollgate/cli diagnose --other-url 'URL'" },
      { text: expect.stringContaining('the Auth Token'), command: 'npx @tollgate/cli diagnose --alert' },
    ],
  })
})

test('the command is complete: it names a file with the request that is open', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'tollgate-kept-'))
  onTestFinished(() => rmSync(cache, { recursive: true }))
  vi.stubEnv('XDG_CACHE_HOME', cache)
  onTestFinished(() => void vi.unstubAllEnvs())
  const page = await openForTest({ keepRefused: true })
  const readCommand = async (id: string): Promise<string> => {
    const ended = async () => (await page.json<CaptureView>(`/api/captures/${id}`)).explanation
    return (await until(ended)).question?.at(-1)?.command ?? ''
  }
  const read = (command: string) => {
    const [, path = ''] = /^npx @tollgate\/cli diagnose (\S+) --alert$/.exec(command) ?? []
    const [request] = readRequests(readFileSync(path)).requests
    if (request === undefined || request instanceof Error) throw request ?? new Error('There is no request')
    const body = Buffer.from(request.body ?? []).toString()
    return { mode: statSync(path).mode & 0o777, url: request.url, body }
  }
  const signed = signSample('message.inbound', { Body: 'first' }, 'f'.repeat(32))
  const [first, second] = [
    await makeExchange(signed),
    await makeExchange(signSample('message.inbound', { Body: 'second' }, 'f'.repeat(32))),
  ]
  for (const one of [first, second]) page.inspector.record(one)
  const command = await readCommand(first.id)
  const expected = { mode: 0o600, url: signed.url, body: signed.body }
  expect(read(command)).toEqual(expected)
  expect(read(await readCommand(second.id)).body).toContain('second')
  expect(await readCommand(first.id)).toBe(command)
  // Newer requests have taken its place, so it is written again.
  rmSync(command.split(' ').at(-2) ?? '')
  expect(read(await readCommand(first.id))).toEqual(expected)
  vi.stubEnv('NODE_ENV', 'production')
  const third = await makeExchange(signSample('message.inbound', { Body: 'third' }, 'f'.repeat(32)))
  page.inspector.record(third)
  expect(await readCommand(third.id)).toBe('npx @tollgate/cli diagnose --alert')
})

test.each<[string, (text: string) => Buffer]>([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
])('an answer in %s is shown as text, and one that is not as it is', async (encoding, compress) => {
  const page = await openForTest()
  const answer = async (body: Buffer) => {
    const headers: [string, string][] = [['content-encoding', encoding]]
    const response = { status: 200, headers, body, bodyTruncated: false, by: 'upstream' as const }
    page.inspector.record(await makeExchange(signSample('message.inbound'), { response }))
    const [newest] = await page.json<CaptureSummary[]>('/api/captures')
    return (await page.json<CaptureView>(`/api/captures/${newest?.id}`)).response
  }
  expect(await answer(compress('<Response/>'))).toMatchObject({ body: '<Response/>' })
  expect(await answer(Buffer.from('<Response/>'))).toMatchObject({ body: '<Response/>' })
  expect(await answer(compress('x'.repeat(2_000_000)))).toMatchObject({ bodyBase64: expect.any(String) })
})

test('a request that was refused before verification is listed without a verdict', async () => {
  const page = await openForTest()
  const exchange = await makeExchange(signSample('message.inbound'), { verdict: undefined, route: undefined })
  page.inspector.record(exchange)
  expect((await page.json<CaptureSummary[]>('/api/captures'))[0]).toMatchObject({ code: 'none' })
  expect(await page.json<CaptureView>(`/api/captures/${exchange.id}`)).toMatchObject({ url: '/hook' })
})

test('open pages receive each webhook, its explanation, and the ids of deleted captures', async () => {
  const reason = { suspected: [{ id: 'host', detail: 'Another host.', fix: 'Set publicUrl.' }] }
  const page = await openForTest({ bounds: { maxCaptures: 1, maxBytes: 1e6 }, diagnose: async () => reason })
  const events = await follow(page)
  const first = await makeExchange(signSample('message.inbound', {}, 'f'.repeat(32)))
  page.inspector.record(first)
  await page.json(`/api/captures/${first.id}`)
  const explained = await until(() => events.find(({ data }) => (data as CaptureSummary).cause === 'host'))
  expect(explained.data).toMatchObject({ id: first.id, code: 'signature_mismatch' })
  expect((await page.json<CaptureView>(`/api/captures/${first.id}`)).explanation).toEqual(reason)

  page.inspector.record(await makeExchange(signSample('call.inbound')))
  const removed = await until(() => events.find(({ name }) => name === 'removed'))
  expect(removed.data).toEqual([first.id])

  await page.ask('/api/captures', { method: 'DELETE' })
  await until(() => events.filter(({ name }) => name === 'removed').at(1))
  expect(await page.json('/api/captures')).toEqual([])
})

test('a diagnosis that fails, or ends after the capture was deleted, changes nothing', async () => {
  let end: () => void = () => {}
  const page = await openForTest({
    diagnose: async (request) => {
      if (request.url.includes('fails')) throw new Error('broken')
      await new Promise<void>((resolve) => {
        end = resolve
      })
      return { suspected: [] }
    },
  })
  const refused = (url: string) => makeExchange({ ...signSample('message.inbound'), url: `${publicUrl}/${url}` })
  page.inspector.record(await refused('fails'))
  page.inspector.record(await refused('slow'))
  await until(() => (end.length === 0 ? true : undefined))
  await page.ask('/api/captures', { method: 'DELETE' })
  end()
  page.inspector.record(await refused('fails-again'))
  expect((await page.json<CaptureSummary[]>('/api/captures')).map(({ target }) => target)).toEqual(['/fails-again'])
})

test('no list, capture, copy, export, event or error contains a key', async () => {
  const page = await openForTest({
    realToken: authToken,
    secrets: ['shared-key-secret-text'],
    diagnose: async () => ({
      suspected: [{ id: 'host', detail: `never ${authToken}`, fix: throwAwayToken }],
    }),
  })
  const events = await follow(page)
  const leaky = await makeExchange(
    signSample('message.inbound', { Body: `${authToken} ${throwAwayToken}` }, 'f'.repeat(32)),
  )
  page.inspector.record({
    ...leaky,
    response: {
      status: 500,
      headers: [['x-debug', `TWILIO_AUTH_TOKEN=${authToken}`]],
      body: Buffer.from(`Error: shared-key-secret-text ${authToken}`),
      bodyTruncated: false,
      by: 'upstream',
    },
  })
  await page.json(`/api/captures/${leaky.id}`)
  await until(() => events.find(({ data }) => (data as CaptureSummary).cause === 'host'))
  const paths = [
    '/api/info',
    '/api/captures',
    `/api/captures/${leaky.id}`,
    ...['curl', 'test'].map((form) => `/api/captures/${leaky.id}/copy?as=${form}`),
    `/api/export?id=${leaky.id}`,
    '/api/export',
    '/api/export?format=har',
  ]
  for (const path of paths) {
    const { text } = await page.ask(path)
    expect(text.includes(authToken) || text.includes(throwAwayToken), path).toBe(false)
    expect(text, path).not.toContain('shared-key-secret-text')
  }
  expect(JSON.stringify(events)).not.toContain(authToken)
  const asked = { method: 'POST', body: { kind: authToken } }
  expect((await page.ask('/api/send', asked)).text).not.toContain(authToken)
})

test('hides the credentials of a request', async () => {
  const page = await openForTest()
  const exchange = await makeExchange(signSample('message.inbound'))
  const headers = [...exchange.request.headers, ['Authorization', 'Basic c2VjcmV0'], ['COOKIE', 'sid=secret']] as const
  page.inspector.record({ ...exchange, request: { ...exchange.request, headers } })
  for (const path of [`/api/captures/${exchange.id}`, `/api/captures/${exchange.id}/copy?as=curl`, '/api/export'])
    expect((await page.ask(path)).text, path).not.toMatch(/c2VjcmV0|sid=secret/)
})

test('hides the password of a public URL, and of an imported one', async () => {
  const withPassword = publicUrl.replace('//', '//user:secret@')
  const page = await openForTest({ publicUrl: [withPassword] })
  const route = { publicUrl: withPassword, path: '/', scheme: 'twilio' } as const
  const exchange = await makeExchange(signSample('message.inbound'), { route })
  page.inspector.record(exchange)
  await page.ask('/api/import', { method: 'POST', body: { method: 'GET', url: `${withPassword}/x`, headers: [] } })
  const all = await page.json<CaptureSummary[]>('/api/captures')
  expect(all).toHaveLength(2)
  for (const path of [
    '/api/info',
    '/api/export',
    '/api/export?format=har',
    ...all.map(({ id }) => `/api/captures/${id}`),
  ])
    expect((await page.ask(path)).text, path).not.toContain('secret')
  expect(await page.json<CaptureView>(`/api/captures/${exchange.id}`)).toMatchObject({ url: `${publicUrl}/hook` })
})

test('a malformed exchange is reported and does not throw', async () => {
  const page = await openForTest()
  page.inspector.record({} as never)
  page.inspector.record(await makeExchange(signSample('message.inbound')))
  expect(await page.json('/api/captures')).toHaveLength(1)
})

test('rejections are explained when they are opened, equal ones once', async () => {
  const explained: unknown[] = []
  const page = await openForTest({
    diagnose: async ({ url }) => {
      explained.push(url)
      return { suspected: [{ id: 'host', detail: '', fix: '' }] }
    },
  })
  const exchange = await makeExchange(signSample('message.inbound', {}, 'f'.repeat(32)))
  for (let index = 0; index < 300; index++) page.inspector.record({ ...exchange, id: `flood-${index}` })
  expect(await page.json('/api/captures')).toHaveLength(300)
  expect(explained).toEqual([])
  for (const id of ['flood-7', 'flood-8']) {
    expect((await page.json<CaptureView>(`/api/captures/${id}`)).searching).toBe(true)
    await until(async () => (await page.json<CaptureView>(`/api/captures/${id}`)).explanation)
  }
  expect(explained).toEqual(['/hook'])
  const causes = (await page.json<CaptureSummary[]>('/api/captures')).filter(({ cause }) => cause === 'host')
  expect(causes.map(({ id }) => id).sort()).toEqual(['flood-7', 'flood-8'])
})

test('rows in view are explained, but only by the worker', async () => {
  const ask = async (page: Page) => {
    const { id, ...exchange } = await makeExchange(signSample('message.inbound', {}, 'f'.repeat(32)))
    page.inspector.record({ id, ...exchange })
    await page.json('/api/explain', { method: 'POST', body: { ids: [id, 'gone'] } })
    return `/api/captures/${id}`
  }
  const here = vi.fn(async () => ({ suspected: [] }))
  const own = await openForTest({ diagnose: here })
  await ask(own)
  expect(here).not.toHaveBeenCalled()
  const page = await openForTest()
  const events = await follow(page)
  await ask(page)
  await until(() => events.filter(({ name }) => name === 'capture').at(1))
})

test.runIf(process.platform === 'linux')('a search has a lower priority than the gateway', async () => {
  const page = await openForTest()
  const exchange = await makeExchange(signSample('message.inbound', {}, 'f'.repeat(32)))
  page.inspector.record(exchange)
  await until(async () => (await page.json<CaptureView>(`/api/captures/${exchange.id}`)).explanation)
  // The priority is the 19th field. The name of a thread, which is the second, may have spaces.
  const priorities = readdirSync('/proc/self/task').map((thread) =>
    Number(
      readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[16],
    ),
  )
  const own = getPriority()
  expect(priorities[0]).toBe(own)
  expect(priorities).toContain(Math.min(19, own + 10))
})

test('a search without a result ends, and is not repeated', async () => {
  let searches = 0
  const page = await openForTest({
    diagnose: async () => {
      searches++
      throw new Error('broken')
    },
  })
  const exchange = await makeExchange(signSample('message.inbound', {}, 'f'.repeat(32)))
  page.inspector.record(exchange)
  const path = `/api/captures/${exchange.id}`
  await until(async () => ((await page.json<CaptureView>(path)).searching ? undefined : true))
  expect(await page.json<CaptureView>(path)).not.toHaveProperty('explanation')
  expect(searches).toBe(1)
})

test('a diagnosis does not get options that listen to verdicts or remember deliveries', async () => {
  const seen: object[] = []
  const page = await openForTest({
    diagnose: async (_request, options) => {
      seen.push(options)
      return { suspected: [] }
    },
  })
  const exchange = await makeExchange(signSample('message.inbound', {}, 'f'.repeat(32)))
  const replay = { reserve: () => ({ delivery: 'first' as const }) }
  page.inspector.record({ ...exchange, verifierOptions: { ...verifierOptions, replay, onVerdict: () => {} } })
  await page.json(`/api/captures/${exchange.id}`)
  const [options] = await until(() => (seen.length > 0 ? seen : undefined))
  expect(options).toMatchObject({ authToken: [authToken], publicUrl })
  for (const name of ['replay', 'onVerdict']) expect(options).not.toHaveProperty(name)
})
