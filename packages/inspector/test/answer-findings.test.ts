import type { WebhookKind } from 'tollgate/testing'
import { expect, test } from 'vitest'
import type { CaptureSummary, CaptureView } from '../src/shared/capture.ts'
import { makeExchange, openForTest, signSample } from './kit.ts'

test('the page and the row of a webhook have what Twilio would report, and no error page is TwiML', async () => {
  const page = await openForTest()
  const review = async (kind: WebhookKind, type: string, text: string, token?: string) => {
    const headers = [['content-type', type]] as const
    const response = { status: 200, headers, body: Buffer.from(text), bodyTruncated: false, by: 'upstream' } as const
    const exchange = await makeExchange(signSample(kind, {}, token), { response })
    page.inspector.record(exchange)
    const row = (await page.json<CaptureSummary[]>('/api/captures')).find(({ id }) => id === exchange.id)
    const { summary, findings, twiml } = await page.json<CaptureView>(`/api/captures/${exchange.id}`)
    expect(row).toEqual(summary)
    expect(row?.reported).toBe(findings.find(({ level }) => level === 'error')?.code)
    return [findings.map(({ code }) => code), twiml?.name]
  }
  const unknown = 'f'.repeat(32)
  expect(await review('call.inbound', 'text/html', '<html><body>Oops</body></html>')).toEqual([[12102], undefined])
  expect(await review('call.inbound', 'application/json', '{}')).toEqual([[12300], undefined])
  expect(await review('call.status', 'application/json', '{}')).toEqual([[], undefined])
  expect(await review('call.inbound', 'application/json', '{}', unknown)).toEqual([[], undefined])
  expect(await review('message.inbound', 'text/xml', '<Response>')).toEqual([[12100], undefined])
  expect(await review('message.inbound', 'text/xml', '<Response><Mesage/></Response>')).toEqual([[12200], 'Response'])
  expect(await review('message.inbound', 'text/xml', '<Response/>')).toEqual([[], 'Response'])
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
