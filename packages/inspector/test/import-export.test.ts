import { expect, test } from 'vitest'
import type { ImportResult } from '../src/shared/api.ts'
import type { Capture, CaptureSummary, CaptureView } from '../src/shared/capture.ts'
import { makeExchange, openForTest, type Page, publicUrl, signSample } from './kit.ts'

const importInto = (page: Page, body: unknown) => page.json<ImportResult>('/api/import', { method: 'POST', body })
const list = (page: Page) => page.json<CaptureSummary[]>('/api/captures')

async function fillPage(): Promise<Page> {
  const page = await openForTest()
  const binary = await makeExchange(signSample('message.inbound', {}, 'f'.repeat(32)))
  const request = { ...binary.request, body: new Uint8Array([0xff, 0x00, 0x80, 0x0a]) }
  page.inspector.record(await makeExchange(signSample('message.inbound', { Body: 'Grüße ☕' })))
  page.inspector.record(await makeExchange(signSample('events.batch')))
  page.inspector.record(await makeExchange(signSample('regulatory.bundle')))
  page.inspector.record({ ...binary, request })
  return page
}

test.each(['capture', 'har'])(
  'an export as %s is imported with the same requests and verified again',
  async (format) => {
    const from = await fillPage()
    const { text, headers } = await from.ask(`/api/export?format=${format}`)
    expect(headers['content-disposition']).toMatch(/^attachment; filename="tollgate-captures\.(json|har)"$/)
    const to = await openForTest()
    expect(await importInto(to, text)).toEqual({ imported: 4, refused: [] })
    expect((await list(to)).map(({ code, origin }) => [code, origin])).toEqual([
      ['body_malformed', 'imported'],
      ['accepted', 'imported'],
      ['accepted', 'imported'],
      ['accepted', 'imported'],
    ])
    const read = async (page: Page) => {
      const captures: CaptureView[] = []
      for (const { id } of await list(page)) captures.push(await page.json<CaptureView>(`/api/captures/${id}`))
      return captures.map(({ method, url, headers, body, bodyBase64 }) => ({ method, url, headers, body, bodyBase64 }))
    }
    expect(await read(to)).toEqual(await read(from))
  },
)

test('one capture can be exported', async () => {
  const page = await fillPage()
  const [first] = await list(page)
  const { captures } = await page.json<{ captures: Capture[] }>(`/api/export?id=${first?.id}`)
  expect(captures.map(({ id }) => id)).toEqual([first?.id])
})

test('a verdict, a cause and an id in a file are ignored', async () => {
  const page = await openForTest()
  const forged = signSample('message.inbound', {}, 'f'.repeat(32))
  const request = { method: 'POST', url: forged.url, headers: Object.entries(forged.headers), body: forged.body }
  await importInto(page, [{ ...request, id: 'mine', verdict: { ok: true, covers: 'params' }, origin: 'received' }])
  const [one] = await list(page)
  expect(one).toMatchObject({ code: 'signature_mismatch', origin: 'imported' })
  expect(one?.id).not.toBe('mine')
})

test('without a key, imports have no verdict', async () => {
  const page = await openForTest({ verifierOptions: undefined })
  await importInto(page, { method: 'GET', url: 'https://elsewhere.example/x?From=1', headers: [] })
  expect((await list(page))[0]).toMatchObject({ code: 'none', from: '1', target: '/x?From=1' })
})

const good = { method: 'POST', url: `${publicUrl}/x`, headers: [] }
test.each<[string, unknown]>([
  ['a number', 7],
  ['a method with a line break', { ...good, method: 'POST\r\nX: y' }],
  ['a URL of another scheme', { ...good, url: 'javascript:alert(1)' }],
  ['a very long URL', { ...good, url: `/${'x'.repeat(100_000)}` }],
  ['a header with a line break', { ...good, headers: [['x', 'a\r\nX-Twilio-Signature: b']] }],
  ['too many headers', { ...good, headers: Array.from({ length: 1_000 }, (_, index) => [`x${index}`, '']) }],
  ['a body that is too large', { ...good, body: 'x'.repeat(1_100_000) }],
])('a malformed entry is skipped with a reason, and the others are read: %s', async (_name, entry) => {
  const page = await openForTest()
  const result = await importInto(page, { captures: [good, entry, good] })
  expect(result).toMatchObject({ imported: 2, refused: [{ entry: 2, reason: expect.stringMatching(/\w/) }] })
})

test.each([
  ['not JSON', '{"captures": ['],
  ['a deeply nested list', '['.repeat(200_000)],
  ['another object', '{"hello": "world"}'],
])('a file that is %s is refused, and the page keeps working', async (_name, body) => {
  const page = await openForTest()
  const { status, text } = await page.ask('/api/import', { method: 'POST', body })
  expect(status).toBe(400)
  expect(text).toMatch(/\.$/)
  expect(await list(page)).toEqual([])
})

test('reads only the first entries of a very long file', async () => {
  const page = await openForTest({ bounds: { maxCaptures: 10_000, maxBytes: 1e8 }, verifierOptions: undefined })
  const result = await importInto(
    page,
    Array.from({ length: 2_500 }, () => good),
  )
  expect(result).toEqual({ imported: 2_000, refused: [{ entry: 2_001, reason: expect.stringContaining('2000') }] })
})

test('imports respect the limits of the store', async () => {
  const page = await openForTest({ bounds: { maxCaptures: 5, maxBytes: 1e6 }, verifierOptions: undefined })
  await importInto(
    page,
    Array.from({ length: 50 }, () => good),
  )
  expect(await list(page)).toHaveLength(5)
})

test('an export that was cut is imported as cut: it gets no verdict and no advice, and stays cut', async () => {
  const page = await openForTest()
  const signed = signSample('message.inbound')
  const headers = Object.entries(signed.headers)
  const body = signed.body?.slice(0, 20)
  await importInto(page, { method: 'POST', url: signed.url, headers, body, bodyTruncated: true })
  const [one] = await list(page)
  expect([one?.code, one?.cause]).toEqual(['none', undefined])
  for (const form of ['har', 'capture']) {
    const { text } = await page.ask(`/api/export?format=${form}&id=${one?.id}`)
    const again = await openForTest()
    expect(await importInto(again, text)).toEqual({ imported: 1, refused: [] })
    const [copy] = await list(again)
    expect(await again.json(`/api/captures/${copy?.id}`), form).toMatchObject({ body, bodyTruncated: true })
  }
})

test('reads a curl command, which is no JSON, and verifies it', async () => {
  const page = await fillPage()
  const { id } = (await list(page)).find(({ code }) => code === 'accepted') as CaptureSummary
  const { text } = await page.ask(`/api/captures/${id}/copy?as=curl`)
  const to = await openForTest()
  expect(await importInto(to, text)).toEqual({ imported: 1, refused: [] })
  expect((await list(to))[0]).toMatchObject({ code: 'accepted' })
})

test('a copy whose line ends were put back is named with what was imported', async () => {
  const body = '{\r\n"Body": "Hi"\r\n}'
  const head = `POST /sms HTTP/1.1\nHost: a.example\nContent-Type: application/json\nContent-Length: ${body.length}`
  const answer = await importInto(await openForTest(), `${head}\n\n${body.replaceAll('\r', '')}`)
  expect(answer).toEqual({ imported: 1, refused: [], copyNote: 'whose line ends were put back' })
})
