import { createApp, defineEventHandler, readBody, toPlainHandler } from 'h3v1'
import { twilioWebhook } from 'tollgate/h3'
import { expect, test } from 'vitest'
import { makeScenario } from '../adapter/scenario.ts'
import { h3, h3HookSuite, h3RequestSuite } from '../frameworks/h3.ts'
import { isOlder } from '../frameworks/older.ts'
import { bindSuites } from '../kit/bind.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'
import { makeRequest } from '../kit/draft.ts'

captureWarnings()

for (const framework of h3) if (!isOlder(framework)) bindAdapter(framework)
bindSuites('h3 2', [h3HookSuite, h3RequestSuite])

test('h3 1: toPlainHandler passes the body beside the request', async () => {
  const app = createApp()
  const { options } = makeScenario('plain')
  const onRequest = twilioWebhook(options) as unknown as () => Promise<void>
  app.use(defineEventHandler({ onRequest, handler: readBody }))
  const { method, url, headers, body } = await makeRequest({ params: [['Body', 'hi']] })
  const send = (sent?: string) => toPlainHandler(app)({ method, path: url, headers: { ...headers }, body: sent ?? '' })
  expect(await send(body)).toMatchObject({ status: 200, body: '{"Body":"hi"}' })
  expect(await send('Body=bye')).toMatchObject({ status: 403 })
})
