import { createRequire } from 'node:module'
import type * as functions from '@azure/functions'
import { twilioWebhook } from 'tollgate/azure'
import { expect, test, vi } from 'vitest'
import { azure } from '../frameworks/azure.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'
import { account, makeRequest, origin, token } from '../kit/draft.ts'

// It is here because it starts a host of functions for each of 300 cases. `runs/` has the frameworks that more people
// use, on the same adapters' parts.
captureWarnings()

for (const framework of azure) bindAdapter(framework)

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

test('app.http infers the types of the request and the context', async () => {
  const route: functions.HttpFunctionOptions = {
    handler: twilioWebhook(options, (webhook, request, { invocationId }) => ({
      body: `${webhook.params.get('AccountSid')} ${request.query.get('x')} ${invocationId}`,
    })),
  }
  expect(await route.handler(await makeNative(), context)).toEqual({ body: `${account} null undefined` })
})

test('a body that was read before causes a 500, and the log says why', async () => {
  const handler = vi.fn(() => ({ status: 200 }))
  const request = await makeNative()
  await request.text()
  expect(await twilioWebhook(options, handler)(request, context)).toMatchObject({ status: 500 })
  expect(handler).not.toHaveBeenCalled()
  expect(console.error).toHaveBeenCalledTimes(1)
})

test('a handler may return nothing', async () => {
  const released = vi.fn()
  const replay = { reserve: () => ({ delivery: 'first' as const, release: released }) }
  expect(await twilioWebhook({ ...options, replay }, () => undefined)(await makeNative(), context)).toBe(undefined)
  expect(released).not.toHaveBeenCalled()
})
