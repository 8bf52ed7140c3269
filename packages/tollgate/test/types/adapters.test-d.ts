import Elysia from 'elysia'
import express from 'express'
import fastify from 'fastify'
import { H3 } from 'h3'
import { Hono } from 'hono'
import Koa from 'koa'
import { twilioWebhook as onAstro } from '../../src/adapters/astro.ts'
import { twilioWebhook as onAzure } from '../../src/adapters/azure.ts'
import { twilioWebhook as onElysia } from '../../src/adapters/elysia.ts'
import { twilioWebhook as onExpress, readWebhook } from '../../src/adapters/express.ts'
import { twilioWebhook as onFastify, readWebhook as readFastify } from '../../src/adapters/fastify.ts'
import { twilioWebhook as onFetch } from '../../src/adapters/fetch.ts'
import { twilioWebhook as onH3, readWebhook as readH3 } from '../../src/adapters/h3.ts'
import { twilioWebhook as onHono } from '../../src/adapters/hono.ts'
import { twilioWebhook as onKoa } from '../../src/adapters/koa.ts'
import { twilioWebhook as onLambda, twilioWebhookMiddy } from '../../src/adapters/lambda.ts'
import type { GuardedRequest } from '../../src/adapters/nest.ts'
import { twilioWebhook as onNext, twilioWebhookApi } from '../../src/adapters/next.ts'
import { twilioWebhook as onNode } from '../../src/adapters/node.ts'
import { twilioWebhook as onReactRouter } from '../../src/adapters/react-router.ts'
import { twilioWebhook as onSvelteKit } from '../../src/adapters/sveltekit.ts'
import { createVerifyClient, twilioUpgrade, type UpgradeRequest } from '../../src/adapters/ws.ts'
import type { Accepted, AnyWebhook, Observed } from '../../src/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
export function holds<T extends true>(): T | undefined {
  return undefined
}

/** Accepts only the exact type of the webhook in `enforce` mode. */
function enforced<T>(webhook: T, ..._proof: Equal<T, Accepted> extends true ? [] : [never]): Response {
  return new Response(String(webhook))
}
/** Accepts only the exact type of the webhook in `observe` mode. */
function observed<T>(webhook: T, ..._proof: Equal<T, Accepted | Observed> extends true ? [] : [never]): Response {
  return new Response(String(webhook))
}

const observe = { mode: 'observe' } as const

// Wrappers type the webhook of their handler by the mode.
onAstro({}, (webhook) => enforced(webhook))
onAstro(observe, (webhook) => observed(webhook))
onAzure({}, (webhook) => enforced(webhook))
onAzure(observe, (webhook) => observed(webhook))
onExpress({}, (webhook) => enforced(webhook))
onExpress(observe, (webhook) => observed(webhook))
onFetch({}, (webhook) => enforced(webhook))
onFetch(observe, (webhook) => observed(webhook))
onLambda({}, (webhook) => enforced(webhook))
onLambda(observe, (webhook) => observed(webhook))
onNext({}, (webhook) => enforced(webhook))
onNext(observe, (webhook) => observed(webhook))
twilioWebhookApi({}, (webhook) => enforced(webhook))
twilioWebhookApi(observe, (webhook) => observed(webhook))
onNode({}, (webhook) => enforced(webhook))
onNode(observe, (webhook) => observed(webhook))
onReactRouter({}, (webhook) => enforced(webhook))
onReactRouter(observe, (webhook) => observed(webhook))
onSvelteKit({}, (webhook) => enforced(webhook))
onSvelteKit(observe, (webhook) => observed(webhook))

// So does middleware whose framework has types for what it adds to the context.
new Hono().post('/sms', onHono({}), (c) => enforced(c.var.twilio))
new Hono().post('/sms', onHono(observe), (c) => observed(c.var.twilio))
new Koa().use(onKoa({})).use((ctx) => void enforced(ctx.state.twilio))
new Koa().use(onKoa(observe)).use((ctx) => void observed(ctx.state.twilio))
new Elysia().use(onElysia({})).post('/sms', ({ twilio }) => enforced(twilio), { twilio: true })
new Elysia().use(onElysia(observe)).post('/sms', ({ twilio }) => observed(twilio), { twilio: true })
twilioWebhookMiddy({}).before = async ({ event }) => void enforced(event.twilio)
twilioWebhookMiddy(observe).before = async ({ event }) => void observed(event.twilio)

// Others have one type for both modes.
express().post('/sms', onExpress({}), (req, res) => {
  holds<Equal<typeof req.twilio, AnyWebhook | undefined>>()
  observed(readWebhook(req))
  const { accountSid, delivery } = readWebhook(req)
  holds<Equal<typeof accountSid, string | undefined>>()
  holds<Equal<typeof delivery, 'first' | 'repeated' | 'unknown' | undefined>>()
  res.end()
})
const app = fastify()
app.register(onFastify, { authToken: 'token' })
app.register(onFastify({ mode: 'observe' }))
app.register(onFastify(() => ({ authToken: 'token' })))
app.post('/sms', async (request) => {
  holds<Equal<typeof request.twilio, AnyWebhook | undefined>>()
  observed(readFastify(request))
  const { accountSid, delivery } = readFastify(request)
  holds<Equal<typeof accountSid, string | undefined>>()
  holds<Equal<typeof delivery, 'first' | 'repeated' | 'unknown' | undefined>>()
})
new H3().use(onH3({})).post('/sms', (event) => observed(readH3(event.context)))
new H3().post('/sms', (event) => {
  // @ts-expect-error undefined on a route without the guard
  return event.context.twilio.ok
})
declare const guarded: GuardedRequest
observed(guarded.twilio)

// Handshakes.
declare const upgrade: Parameters<ReturnType<typeof twilioUpgrade>>
const webhook = await twilioUpgrade({})(...upgrade)
if (webhook !== undefined) enforced(webhook)
const either = await twilioUpgrade(observe)(...upgrade)
if (either !== undefined) observed(either)
// With `paths`, `null` means that the path is not guarded.
const shared = await twilioUpgrade({ paths: '/media' })(...upgrade)
if (shared !== undefined && shared !== null) enforced(shared)
// @ts-expect-error the path may not be guarded
if (shared !== undefined) enforced(shared)
declare const request: UpgradeRequest
enforced(request.twilio)
declare const observedRequest: UpgradeRequest<'observe'>
observed(observedRequest.twilio)
createVerifyClient({})({ req: request }, (accepted, status) => console.log(accepted, status))

// @ts-expect-error the other mode
onFetch({}, (given) => observed(given))
// @ts-expect-error the other mode
onFetch(observe, (given) => enforced(given))
