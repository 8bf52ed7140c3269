import { generateKeyPairSync } from 'node:crypto'
import type { Exchange } from '@tollgate/gateway'
import { twilioWebhook } from 'tollgate/node'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { type SignedSendGridRequest, signSendGridRequest } from 'tollgate/testing'
import { expect, onTestFinished, test } from 'vitest'
import { formatExchange, startDev } from '../src/index.ts'
import { writeTest } from '../src/server/copy/test-code.ts'
import type { CaptureSummary, CaptureView } from '../src/shared/capture.ts'
import { authToken, openForTest, type Page, pageAt, publicUrl, runCopied, serve, signSample, until } from './kit.ts'

const { publicKey } = await signSendGridRequest()

/** Runs the gateway, an application and the page. Requests to `/events` are SendGrid's. */
async function start(exchanges: Exchange[] = []): Promise<{ readonly url: string; readonly page: Page }> {
  const upstream = await serve((req, res) => void req.resume().on('end', () => res.end('ok')))
  const run = await startDev({
    upstream,
    publicUrl,
    authToken,
    listen: { port: 0 },
    inspectorPort: 0,
    routes: [{ scheme: 'sendgrid', path: '/events', publicKey: { marketing: publicKey } }],
    onExchange: (exchange) => exchanges.push(exchange),
  })
  onTestFinished(() => run.close())
  return { url: run.gatewayUrl, page: await pageAt(run.inspectorUrl, run) }
}

const deliver = (url: string, { headers, body }: Pick<SignedSendGridRequest, 'headers' | 'body'>, path = '/events') =>
  fetch(url + path, { method: 'POST', headers, body })

async function findCapture(page: Page, matches: (one: CaptureSummary) => boolean): Promise<CaptureView> {
  const { id } = await until(async () => {
    const all = await page.json<CaptureSummary[]>('/api/captures')
    // A rejection is explained when it is opened.
    for (const one of all) await page.json(`/api/captures/${one.id}`)
    return all.find(matches)
  })
  return page.json<CaptureView>(`/api/captures/${id}`)
}

test('a request of SendGrid is shown with its verdict, its kind and what was signed', async () => {
  const exchanges: Exchange[] = []
  const { url, page } = await start(exchanges)
  const signed = await signSendGridRequest()
  expect((await deliver(url, signed)).status).toBe(200)
  const capture = await findCapture(page, ({ code }) => code === 'accepted')
  expect(capture).toMatchObject({
    scheme: 'sendgrid',
    kind: 'sendgrid.events',
    url: `${publicUrl}/events`,
    verdict: { ok: true, covers: 'body', key: 'your SendGrid key "marketing"' },
  })
  expect(capture.signingString.map(({ text }) => text).join('')).toBe(
    signed.headers['x-twilio-email-event-webhook-timestamp'] + Buffer.from(signed.body).toString(),
  )
  expect(formatExchange(exchanges[0] as Exchange)).toMatch(
    /^POST \/events {2}sendgrid\.events {2}accepted {2}200 by the application, \d+ ms$/,
  )
})

test('a rejection is explained, and one of Twilio beside it too', async () => {
  const { url, page } = await start()
  const { body, ...signed } = await signSendGridRequest()
  const rewritten = Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body).toString())))
  expect((await deliver(url, { ...signed, body: rewritten })).status).toBe(403)
  const capture = await findCapture(page, ({ cause }) => cause === 'body_reserialized')
  expect(capture.verdict).toMatchObject({ ok: false, code: 'signature_mismatch' })
  expect(capture.explanation?.proven?.causes).toHaveLength(1)

  const twilio = signSample('message.inbound')
  await fetch(`${url}/hook?x=1`, { method: 'POST', headers: twilio.headers, body: twilio.body ?? null })
  const other = await findCapture(page, ({ target, cause }) => target === '/hook?x=1' && cause !== undefined)
  expect(other).toMatchObject({ scheme: 'twilio', verdict: { code: 'signature_mismatch' } })
})

test('an import is verified with the key of its scheme, and without one it has no verdict', async () => {
  const { headers, body } = await signSendGridRequest({ timestamp: 1_700_000_000 })
  const file = [
    {
      method: 'POST',
      url: `${publicUrl}/events`,
      headers: Object.entries(headers),
      body: Buffer.from(body).toString(),
    },
  ]
  for (const [sendgrid, code] of [
    [{ publicKey }, 'accepted'],
    [undefined, 'none'],
  ] as const) {
    const page = await openForTest({ schemes: sendgrid === undefined ? {} : { sendgrid } })
    expect(await page.json('/api/import', { method: 'POST', body: file })).toEqual({ imported: 1, refused: [] })
    const [one] = await page.json<CaptureSummary[]>('/api/captures')
    expect(one).toMatchObject({ origin: 'imported', kind: 'sendgrid.events', code })
  }
})

test('a copied test passes against an application that verifies', async () => {
  const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'der' })
    .toString('base64')
  const signed = await signSendGridRequest({ privateKey })
  const verifier = createSendGridVerifier({ publicKey: signed.publicKey, onVerdict: () => undefined })
  const APP_URL = await serve(twilioWebhook({ verifier }, (_webhook, _req, res) => void res.end('ok')))
  const [method, url, target] = ['POST', `${publicUrl}/events`, '/events']
  const headers = Object.entries(signed.headers)
  const kept = { id: '1', time: 0, origin: 'imported', scheme: 'sendgrid', method, url, target, headers } as const
  for (const body of [
    { body: Buffer.from(signed.body).toString() },
    { bodyBase64: Buffer.from('--b\r\n\xff\r\n', 'latin1').toString('base64') },
  ]) {
    const code = writeTest({ ...kept, ...body })
    expect(await runCopied(code, { APP_URL, SENDGRID_TEST_PRIVATE_KEY: privateKey })).toMatch(/^# pass 1$/m)
    await expect(runCopied(code, { APP_URL })).rejects.toThrow()
  }
})
