import { twilioWebhook } from 'tollgate/node'
import { sampleWebhook, webhookKinds } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authToken, listen, type Running, tollgateHere } from '../support.ts'

const options = { publicUrl: 'https://example.com', authToken }
let app: Running
beforeAll(async () => {
  app = await listen(
    twilioWebhook(options, (_webhook, _req, res) => void res.end()),
    options,
  )
})
afterAll(() => app.close())

test.each(webhookKinds)('%s is sent and found genuine', async (kind) => {
  const words = ['send', kind, '--to', `${app.origin}/x?a=1`, '--public-url', options.publicUrl]
  expect(await tollgateHere(words)).toMatchObject({ code: 0 })
})

test.each(webhookKinds)('%s is signed, and its curl command verifies', async (kind) => {
  const scheme = sampleWebhook(kind).handshake === true ? 'wss' : 'https'
  const signed = await tollgateHere(['sign', '--kind', kind, '--url', `${scheme}://example.com/x`, '--only', 'curl'])
  expect(await tollgateHere(['verify', '--json'], { input: signed.stdout })).toMatchObject({ code: 0 })
})
