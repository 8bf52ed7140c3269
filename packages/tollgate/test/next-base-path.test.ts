import { expect, onTestFinished, test, vi } from 'vitest'
import { twilioWebhook } from '../src/adapters/next.ts'
import { signRequest } from '../src/testing/index.ts'
import { authToken } from './requests.ts'

const handler = twilioWebhook({ publicUrl: 'https://example.com/base', authToken }, () => new Response('ran'))

/** Sends a request for a path as a route sees it, with the signature of a public path. */
async function ask(path: string, signed: string): Promise<number> {
  const request = signRequest({ url: `https://example.com${signed}`, params: { Body: 'hi' }, authToken }).toRequest()
  const routed = Object.assign(new Request(`http://localhost:3000${path}`, request), { nextUrl: { basePath: '/base' } })
  return (await handler(routed, {})).status
}

test('the basePath is stripped once, by Next on Node.js', async () => {
  expect(await ask('/sms', '/base/sms')).toBe(200)
  expect(await ask('/base/sms', '/base/base/sms')).toBe(200)
  expect(await ask('/base/sms', '/base/sms')).toBe(403)
})

test('the basePath is stripped once, by the adapter on the Edge runtime', async () => {
  vi.stubGlobal('EdgeRuntime', 'edge-runtime')
  onTestFinished(() => void vi.unstubAllGlobals())
  expect(await ask('/base/sms', '/base/sms')).toBe(200)
  expect(await ask('/base/base/sms', '/base/base/sms')).toBe(200)
  expect(await ask('/base/base/sms', '/base/sms')).toBe(403)
})
