import { createRequire } from 'node:module'
import type * as functions from '@azure/functions'
import { twilioWebhook } from 'tollgate/azure'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { azure } from '../frameworks/azure.ts'
import { startExample } from '../frameworks/start-example.ts'
import { bindFramework } from '../kit/bind-framework.ts'
import { account, makeRequest, origin, otherToken, sharedKey, token } from '../kit/draft.ts'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  const lines = vi.mocked(console.error).mock.calls.flat().map(String).join('\n')
  for (const secret of [token, otherToken, sharedKey.secret, account]) expect(lines).not.toContain(secret)
  vi.restoreAllMocks()
})

for (const framework of azure) bindFramework(framework, adapterSuites(framework, socketAttackSuites(framework)))

const { HttpRequest }: typeof functions = createRequire(import.meta.url)('@azure/functions')
const options = { publicUrl: origin, authToken: token }
const context = {} as functions.InvocationContext

async function makeNative(): Promise<functions.HttpRequest> {
  const { method, url, headers, body = '' } = await makeRequest()
  return new HttpRequest({ method, url: origin + url, headers: { ...headers }, body: { string: body } })
}

test('the handler can still read the body of the request, and gets the context', async () => {
  const handler: functions.HttpHandler = twilioWebhook(
    options,
    async (_webhook, request: functions.HttpRequest, given: functions.InvocationContext) => ({
      status: given === context ? 200 : 500,
      body: String((await request.formData()).get('AccountSid')),
    }),
  )
  expect(await handler(await makeNative(), context)).toEqual({ status: 200, body: account })
})

test('in app.http the request and the context are typed by their place', async () => {
  const route: functions.HttpFunctionOptions = {
    handler: twilioWebhook(options, (webhook, request, { invocationId }) => ({
      body: `${webhook.params.get('AccountSid')} ${request.query.get('x')} ${invocationId}`,
    })),
  }
  expect(await route.handler(await makeNative(), context)).toEqual({ body: `${account} null undefined` })
})

test('a body that was read before is a 500, and the log says why', async () => {
  const handler = vi.fn(() => ({ status: 200 }))
  const request = await makeNative()
  await request.text()
  expect(await twilioWebhook(options, handler)(request, context)).toMatchObject({ status: 500 })
  expect(handler).not.toHaveBeenCalled()
  expect(console.error).toHaveBeenCalledTimes(1)
})

test('a handler without a result is no failure', async () => {
  const released = vi.fn()
  const replay = { reserve: () => ({ replayed: false, release: released }) }
  expect(await twilioWebhook({ ...options, replay }, () => undefined)(await makeNative(), context)).toBe(undefined)
  expect(released).not.toHaveBeenCalled()
})

test('the example answers Twilio and nobody else', async () => {
  const { url, stop } = await startExample('azure', 'sms.mjs')
  onTestFinished(stop)
  const webhook = { url: `${url}/sms`, ...sampleWebhook('message.inbound', { Body: 'a < b' }) }
  const answer = await fetch(signRequest({ ...webhook, authToken: token }).toRequest())
  expect(await answer.text()).toBe('<Response><Message>You said: a &lt; b</Message></Response>')
  expect((await fetch(signRequest({ ...webhook, authToken: otherToken }).toRequest())).status).toBe(403)
})
