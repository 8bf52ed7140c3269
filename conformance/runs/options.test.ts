import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { HttpRequest } from '@azure/functions'
import { Elysia } from 'elysia'
import { mockEvent } from 'h3'
import { Context } from 'hono'
import Koa from 'koa'
import { createVerifier } from 'tollgate'
import * as astro from 'tollgate/astro'
import * as azure from 'tollgate/azure'
import * as elysia from 'tollgate/elysia'
import * as express from 'tollgate/express'
import * as fetch from 'tollgate/fetch'
import * as h3 from 'tollgate/h3'
import * as hono from 'tollgate/hono'
import * as koa from 'tollgate/koa'
import * as lambda from 'tollgate/lambda'
import * as nest from 'tollgate/nest'
import * as next from 'tollgate/next'
import * as node from 'tollgate/node'
import * as reactRouter from 'tollgate/react-router'
import * as sveltekit from 'tollgate/sveltekit'
import { signRequest } from 'tollgate/testing'
import * as ws from 'tollgate/ws'
import { afterEach, expect, test, vi } from 'vitest'
import { origin, otherToken, token } from '../kit/draft.ts'

/** Calls an adapter as code without types may. */
const callable = (adapter: unknown): ((...args: readonly unknown[]) => unknown) =>
  adapter as (...args: readonly unknown[]) => unknown

const incoming = new IncomingMessage(new Socket())
const response = new ServerResponse(incoming)
const request = new Request(`${origin}/sms`, { method: 'POST' })
const azureRequest = new HttpRequest({ method: 'POST', url: `${origin}/sms` })
const proceed = (): void => undefined

const uncalled: readonly (readonly [string, unknown, readonly unknown[]])[] = [
  ['astro', astro.twilioWebhook, [{ request, locals: {} }]],
  ['azure', azure.twilioWebhook, [azureRequest, {}]],
  ['elysia', elysia.twilioWebhook, [new Elysia()]],
  ['express', express.twilioWebhook, [incoming, response, proceed]],
  ['fetch', fetch.twilioWebhook, [request, {}]],
  ['h3', h3.twilioWebhook, [mockEvent(request), proceed]],
  ['hono', hono.twilioWebhook, [new Context(request), proceed]],
  ['koa', koa.twilioWebhook, [new Koa().createContext(incoming, response), proceed]],
  ['lambda', lambda.twilioWebhook, [{ version: '2.0', headers: {} }, {}]],
  ['next', next.twilioWebhook, [request, {}]],
  ['next, Pages Router', next.twilioWebhookApi, [incoming, response]],
  ['node', node.twilioWebhook, [incoming, response]],
  ['react-router', reactRouter.twilioWebhook, [{ request, params: {} }]],
  ['sveltekit', sveltekit.twilioWebhook, [{ request, platform: undefined }]],
  ['ws', ws.twilioUpgrade, [incoming, new Socket(), Buffer.alloc(0)]],
]

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test.each(uncalled)('%s: an adapter that was not called says so', (_name, adapter, args) => {
  expect(() => callable(adapter)(...args)).toThrow(/^The adapter got a request or an app.* Call it/)
})

test('nest: a decorator that was not called says so', () => {
  expect(() => callable(nest.TwilioWebhook)(class {})).toThrow('Call the decorator')
})

test.each(uncalled)('%s: a token instead of options is named, and not shown', (_name, adapter) => {
  const error = (() => {
    try {
      return callable(adapter)(token, proceed)
    } catch (thrown) {
      return thrown
    }
  })()
  expect(error).toBeInstanceOf(TypeError)
  expect(String(error)).toContain('{ authToken: … }')
  expect(String(error)).not.toContain(token)
})

test.each([null, 42, true])('%s instead of options is a TypeError', (options) => {
  for (const [, adapter] of uncalled)
    expect(() => callable(adapter)(options, proceed)).toThrow(
      new TypeError(
        `The options must be an object, got ${options === null ? options : typeof options}: write { authToken: … }`,
      ),
    )
  expect(() => new nest.TwilioWebhookGuard(options as never)).toThrow(/^The options must be an object/)
})

test('a function that returns no options is named in the log', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const forgotten = (() => {
    // As in `() => { publicUrl: 'https://…' }`.
  }) as () => object
  const handler = fetch.twilioWebhook(forgotten, () => new Response('reached'))
  expect((await handler(new Request(`${origin}/sms`, { method: 'POST' }))).status).toBe(500)
  expect(log.mock.calls).toEqual([
    ['tollgate: TypeError: The options must be an object, got undefined: write { authToken: … }'],
  ])
})

const middleware = ['elysia', 'h3', 'hono', 'koa', 'ws']
const wrappers = uncalled.filter(([name]) => !middleware.includes(name))

test.each(wrappers)('%s: a handler that is no function is a TypeError', (name, adapter) => {
  const wrong = name === 'express' ? [null, {}, 'x'] : [undefined, null, {}, 'x']
  for (const handler of wrong)
    expect(() => callable(adapter)({ publicUrl: origin, authToken: token }, handler)).toThrow(
      /^The handler must be a function, got (undefined|null|object|string): write twilioWebhook\(options, /,
    )
})

test('without options, both values come from the environment', async () => {
  vi.stubEnv('TOLLGATE_PUBLIC_URL', origin)
  vi.stubEnv('TWILIO_AUTH_TOKEN', token)
  const handler = fetch.twilioWebhook(undefined, (webhook) => new Response(webhook.params.get('Body')))
  const send = (authToken: string): Promise<Response> => {
    const { url, headers, body } = signRequest({ url: `${origin}/sms`, params: { Body: 'hi' }, authToken })
    return handler(new Request(url, { method: 'POST', headers, body: body ?? null }))
  }
  expect(await (await send(token)).text()).toBe('hi')
  expect((await send(otherToken)).status).toBe(403)
  for (const [, adapter] of uncalled) expect(() => callable(adapter)(undefined, proceed)).not.toThrow()
})

const verifier = createVerifier({
  publicUrl: origin,
  authToken: token,
  onRejected: () => ({ status: 418, body: 'by the verifier' }),
})
const refuse = async (options: Parameters<typeof fetch.twilioWebhook>[0]): Promise<string> => {
  const handler = fetch.twilioWebhook(options, () => new Response('reached'))
  return (await handler(new Request(`${origin}/sms`, { method: 'POST' }))).text()
}

test('onRejected beside a verifier replaces the one of the verifier', async () => {
  expect(await refuse({ verifier })).toBe('by the verifier')
  expect(await refuse({ verifier, onRejected: () => ({ status: 418, body: 'by the adapter' }) })).toBe('by the adapter')
  expect(await refuse(() => ({ verifier, publicUrl: undefined }))).toBe('by the verifier')
})

test.each([
  [{ verifier, authToken: token }, '"authToken" has no effect beside "verifier"'],
  [{ verifier, mode: 'observe' }, '"mode" has no effect beside "verifier". The options of a verifier belong to'],
  [{ verifier, onRejectd: () => undefined }, 'Unknown option "onRejectd" of the adapter. Did you mean "onRejected"?'],
  [{ verifier: {} }, '"verifier" must have a method "verify"'],
  [{ verifier: null }, '"verifier" must have a method "verify"'],
])('options beside a verifier: %o is a TypeError', (options, message) => {
  for (const [, adapter] of uncalled) expect(() => callable(adapter)(options, proceed)).toThrow(message)
})
