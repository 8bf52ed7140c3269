import { fileURLToPath } from 'node:url'
import { type GuardedHandler, twilioWebhook } from 'tollgate/express'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { send, toRaw } from '../adapter/socket.ts'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { cloudFunctions, startFunction } from '../frameworks/cloud-functions.ts'
import { startExample } from '../frameworks/start-example.ts'
import { bindFramework } from '../kit/bind-framework.ts'
import { account, makeJsonRequest, makeRequest, origin, otherToken, sharedKey, token } from '../kit/draft.ts'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  const lines = vi.mocked(console.error).mock.calls.flat().map(String).join('\n')
  for (const secret of [token, otherToken, sharedKey.secret, account]) expect(lines).not.toContain(secret)
  vi.restoreAllMocks()
})

bindFramework(cloudFunctions, adapterSuites(cloudFunctions, socketAttackSuites(cloudFunctions)))

async function start(handler: GuardedHandler): Promise<number> {
  const running = await startFunction(handler)
  onTestFinished(() => running.close())
  return running.port
}

const functionsFramework = fileURLToPath(import.meta.resolve('@google-cloud/functions-framework')).replace(
  'index.js',
  'main.js',
)

const options = { publicUrl: origin, authToken: token }

test('the webhook has what was signed, where the parser of the framework mangles names', async () => {
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

test('what the handler throws is answered 500 and logged by the framework', async () => {
  const port = await start(twilioWebhook(options, () => Promise.reject(new Error('mine'))))
  expect((await send(port, toRaw(await makeRequest()))).status).toBe(500)
  expect(vi.mocked(console.error).mock.calls.flat().join()).toContain('mine')
})

test('the example answers Twilio and nobody else', async () => {
  const { url, stop } = await startExample('cloud-functions', functionsFramework, '--target=sms')
  onTestFinished(stop)
  const webhook = { url: `${url}/sms`, ...sampleWebhook('message.inbound', { Body: 'a < b' }) }
  const answer = await fetch(signRequest({ ...webhook, authToken: token }).toRequest())
  expect(await answer.text()).toBe('<Response><Message>You said: a &lt; b</Message></Response>')
  expect((await fetch(signRequest({ ...webhook, authToken: otherToken }).toRequest())).status).toBe(403)
})
