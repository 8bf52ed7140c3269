import { type GuardedHandler, twilioWebhook } from 'tollgate/express'
import { expect, onTestFinished, test, vi } from 'vitest'
import { send, toRaw } from '../adapter/socket.ts'
import { cloudFunctions, startFunction } from '../frameworks/cloud-functions.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'
import { makeJsonRequest, makeRequest, origin, otherToken, token } from '../kit/draft.ts'

// It is here because it starts the Functions Framework, an Express of its own, for each case: `runs/express.test.ts`
// has the same adapter.
captureWarnings()

bindAdapter(cloudFunctions)

async function start(handler: GuardedHandler): Promise<number> {
  const running = await startFunction(handler)
  onTestFinished(() => running.close())
  return running.port
}

const options = { publicUrl: origin, authToken: token }

test("the webhook has the signed parameters, although the framework's parser changes names", async () => {
  const port = await start(
    twilioWebhook(options, (webhook, req, res) => void res.json([[...webhook.params], req.body])),
  )
  const { body } = await send(port, toRaw(await makeRequest({ params: [['Media[0]', 'a']] })))
  expect(JSON.parse(body)).toEqual([[['Media[0]', 'a']], { Media: ['a'] }])
})

test('JSON: req.body is the parsed JSON of the bytes that were verified', async () => {
  const port = await start(
    twilioWebhook(options, (webhook, req, res) => void res.json([webhook.covers, webhook.json(), req.body])),
  )
  const { body } = await send(port, toRaw(await makeJsonRequest([{ id: ' ü ' }])))
  expect(JSON.parse(body)).toEqual(['body', [{ id: ' ü ' }], [{ id: ' ü ' }]])
})

test('/FUNCTION_NAME of cloudfunctions.net is in publicUrl, not in the request', async () => {
  const publicUrl = 'https://us-central1-project.cloudfunctions.net/sms'
  const port = await start(twilioWebhook({ ...options, publicUrl }, (_webhook, _req, res) => void res.end('ok')))
  const genuine = await makeRequest({ path: '/?x=1', params: [['a', 'b']], signed: `${publicUrl}/?x=1ab` })
  expect((await send(port, toRaw(genuine))).status).toBe(200)
  expect((await send(port, toRaw(await makeRequest({ path: '/?x=1', token: otherToken })))).status).toBe(403)
})

test('the framework answers 500 and logs if the handler throws', async () => {
  const port = await start(twilioWebhook(options, () => Promise.reject(new Error('mine'))))
  expect((await send(port, toRaw(await makeRequest()))).status).toBe(500)
  expect(vi.mocked(console.error).mock.calls.flat().join()).toContain('mine')
})
