import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Accepted, createVerifier } from 'tollgate'
import { type SampleWebhook, sampleWebhook, signRequest, type WebhookKind, webhookKinds } from 'tollgate/testing'
import { expect, test } from 'vitest'
import { describe as describeWebhook, listEvents, readAudio } from '../../../examples/params/handler.mjs'

// It is here because it starts Vitest inside Vitest, and a program for each example.
const root = fileURLToPath(new URL('../../..', import.meta.url))
const authToken = '0123456789abcdef0123456789abcdef'

async function receive(webhook: SampleWebhook): Promise<Accepted> {
  const publicUrl = 'https://example.com'
  const { method, url, headers, body } = signRequest({ url: `${publicUrl}/hook`, ...webhook, authToken })
  const request = { method, url: url.slice(publicUrl.length), headers, body: body ?? '' }
  const verdict = await createVerifier({ publicUrl, authToken }).verify(request)
  if (!verdict.ok) throw new Error(verdict.message)
  return verdict
}

test('the tests of examples/testing pass', () => {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const env = { ...process.env, NO_COLOR: '1' }
  const args = [vitest, 'run', '--root', join(root, 'examples/testing'), '--reporter', 'json']
  const report = JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' }))
  expect(report).toMatchObject({ success: true, numPassedTests: 11, numTotalTests: 11 })
})

test('examples/testing/recorded.mjs verifies a curl command, and names an entry that cannot be read', () => {
  const env = { ...process.env, TWILIO_AUTH_TOKEN: authToken }
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-recorded-'))
  const file = join(folder, 'request.txt')
  const run = () =>
    execFileSync(process.execPath, [join(root, 'examples/testing/recorded.mjs'), file], { env, encoding: 'utf8' })
  try {
    writeFileSync(file, signRequest({ url: 'https://api.example.com/sms', params: { Body: 'é' }, authToken }).toCurl())
    expect(run()).toBe('https://api.example.com/sms true\n')
    writeFileSync(file, '[{}, {}]')
    expect(run()).toContain('request.txt, entry 1: it needs { "method"')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('examples/testing/curl.mjs prints a signed request', () => {
  const env = { ...process.env, TWILIO_AUTH_TOKEN: authToken }
  const printed = execFileSync(process.execPath, [join(root, 'examples/testing/curl.mjs')], { env, encoding: 'utf8' })
  expect(printed).toMatch(/^curl /)
  expect(printed).toContain('x-twilio-signature: ')
  expect(printed).not.toContain(authToken)
})

test.each<[WebhookKind, Record<string, string>, string]>([
  ['message.inbound', { Body: 'hello' }, '+14155550142 sent 5 characters and 0 pictures'],
  [
    'whatsapp.inbound',
    { Body: '', NumMedia: '2', MediaUrl0: 'https://a', MediaContentType0: 'image/png', MediaUrl1: 'https://b' },
    'whatsapp:+14155550142 sent 0 characters and 1 pictures',
  ],
  ['rcs.inbound', { Body: 'hi' }, 'rcs:+14155550142 sent 2 characters and 0 pictures'],
  ['call.status', {}, 'CAf1f52c211abdcf034c92a4a9860c12fc is completed'],
  ['amd', {}, 'Something else: amd'],
])('examples/params/handler.mjs handles %s', async (kind, overrides, told) => {
  expect(describeWebhook(await receive(sampleWebhook(kind, overrides)))).toBe(told)
})

test('examples/params/handler.mjs lists events and errors', async () => {
  const batch = sampleWebhook('events.batch')
  expect(await receive(batch).then(listEvents)).toHaveLength(2)
  expect(await receive({ ...batch, json: [batch.json].flat()[0] }).then(listEvents)).toHaveLength(1)
  expect(await receive(sampleWebhook('debugger.event')).then(listEvents)).toEqual(['error 11200'])
  expect(await receive(sampleWebhook('studio.json')).then(listEvents)).toEqual([])
})

test('examples/params/handler.mjs reads the audio of a stream', () => {
  const media = { track: 'inbound', chunk: '1', timestamp: '5', payload: 'AQI=' }
  const text = JSON.stringify({ event: 'media', sequenceNumber: '2', streamSid: 'MZ1', media })
  expect([readAudio(text), readAudio('{')]).toEqual([Buffer.from([1, 2]), undefined])
})

test('docs/webhook-kinds.md describes every kind once', () => {
  const page = readFileSync(join(root, 'docs/webhook-kinds.md'), 'utf8')
  expect([...page.matchAll(/^## (.+)$/gm)].map(([, kind]) => kind)).toEqual(webhookKinds)
})
