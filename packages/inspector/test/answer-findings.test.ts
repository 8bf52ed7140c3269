import type { Exchange } from '@tollgate/gateway'
import { expect, test } from 'vitest'
import type { CaptureSummary, CaptureView } from '../src/shared/capture.ts'
import { makeExchange, openForTest, signSample } from './kit.ts'

function respond(type: string, body: string): Exchange['response'] {
  const headers: [string, string][] = [['content-type', type]]
  return { status: 200, headers, body: Buffer.from(body), bodyTruncated: false, by: 'upstream' }
}

test('the page gets the findings of an accepted request, and no error page as TwiML', async () => {
  const page = await openForTest()
  const view = async (kind: Parameters<typeof signSample>[0], type: string, body: string, token?: string) => {
    const exchange = await makeExchange(signSample(kind, {}, token), { response: respond(type, body) })
    page.inspector.record(exchange)
    return page.json<CaptureView>(`/api/captures/${exchange.id}`)
  }
  const html = await view('call.inbound', 'text/html', '<html><body>Oops</body></html>')
  expect(html.findings.map(({ code }) => code)).toEqual([12102])
  expect(html).not.toHaveProperty('twiml')
  expect((await view('call.inbound', 'application/json', '{}')).findings[0]?.code).toBe(12300)
  expect((await view('call.status', 'application/json', '{}')).findings).toEqual([])
  expect((await view('call.inbound', 'application/json', '{}', 'f'.repeat(32))).findings).toEqual([])
})

test('the row of a webhook has the error that the open webhook has, and no warning', async () => {
  const page = await openForTest()
  const answer = async (type: string, body: string, token?: string) => {
    const exchange = await makeExchange(signSample('message.inbound', {}, token), { response: respond(type, body) })
    page.inspector.record(exchange)
    const row = (await page.json<CaptureSummary[]>('/api/captures')).find(({ id }) => id === exchange.id)
    const { summary, findings } = await page.json<CaptureView>(`/api/captures/${exchange.id}`)
    expect(row).toEqual(summary)
    expect(summary.reported).toBe(findings.find(({ level }) => level === 'error')?.code)
    return row?.reported
  }
  expect(await answer('application/json', '{}')).toBe(12300)
  expect(await answer('text/xml', '<Response>')).toBe(12100)
  expect(await answer('text/xml', '<Response><Mesage/></Response>')).toBeUndefined()
  expect(await answer('text/xml', '<Response/>')).toBeUndefined()
  expect(await answer('application/json', '{}', 'f'.repeat(32))).toBeUndefined()
})

test('a browser that asks for an icon is not listed as a refused webhook', async () => {
  const page = await openForTest()
  const exchange = await makeExchange(signSample('message.inbound'))
  const ask = (target: string, headers: [string, string][] = []) =>
    page.inspector.record({ ...exchange, id: target, request: { ...exchange.request, method: 'GET', target, headers } })
  ask('/favicon.ico')
  ask('/apple-touch-icon-120x120.png')
  expect(await page.json('/api/captures')).toEqual([])
  ask('/favicon.ico', [['X-Twilio-Signature', 'x']])
  ask('/voice')
  expect(await page.json('/api/captures')).toHaveLength(2)
})

test('the page of a code is HTML, without markup of its own', async () => {
  const page = await openForTest()
  const { text, headers } = await page.ask('/codes/signature_mismatch')
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(text).toContain('<h1>signature_mismatch</h1>')
  expect(text).toContain('<strong>Meaning.</strong>')
  expect(text).not.toMatch(/\]\(|\*\*|<script/)
})
