import { twilioWebhook } from 'tollgate/node'
import { webhookKinds } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authToken, listen, type Running, tollgate } from '../support.ts'

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
  expect(await tollgate(words)).toMatchObject({ code: 0 })
})
