import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import express from 'express'
import Fastify from 'fastify'
import Koa from 'koa'
import serverless from 'serverless-http'
import { twilioWebhook as guardExpress } from 'tollgate/express'
import { twilioWebhook as guardFastify } from 'tollgate/fastify'
import { twilioWebhook as guardKoa } from 'tollgate/koa'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { describe, expect, test, vi } from 'vitest'
import { token } from '../kit/draft.ts'

// These answers have no connection and no server: serverless-http runs an app in a Lambda function,
// and so does @fastify/aws-lambda with `inject`.

const publicUrl = 'https://app.example.com'
const signed = signRequest({ url: `${publicUrl}/sms`, ...sampleWebhook('message.inbound'), authToken: token })
const body = String(signed.body)

const createOptions = () => ({
  authToken: token,
  publicUrl,
  replay: replayGuard({ store: memoryStore(), whenRepeated: 'reject' }),
})

/** Sends the request to an app in a Lambda function, and returns the status of the answer. */
type Send = () => Promise<number>

function send(handler: ReturnType<typeof serverless>): Send {
  const event = {
    version: '2.0',
    rawPath: '/sms',
    rawQueryString: '',
    headers: signed.headers,
    requestContext: { http: { method: 'POST', path: '/sms', sourceIp: '192.0.2.1' } },
    body,
    isBase64Encoded: false,
  }
  return async () => ((await handler(event, {})) as { readonly statusCode: number }).statusCode
}

const apps: Readonly<Record<string, (statuses: number[]) => Send>> = {
  'Express with serverless-http'(statuses) {
    const app = express()
    app.post('/sms', guardExpress(createOptions()), (_req, res) => res.status(statuses.shift() ?? 200).send('ok'))
    return send(serverless(app))
  },
  'Koa with serverless-http'(statuses) {
    const app = new Koa()
    app.use(guardKoa(createOptions())).use((ctx) => {
      ctx.status = statuses.shift() ?? 200
      ctx.body = 'ok'
    })
    return send(serverless(app))
  },
  'Fastify with inject'(statuses) {
    const app = Fastify()
    app.register(guardFastify, createOptions())
    app.post('/sms', (_request, reply) => reply.code(statuses.shift() ?? 200).send('ok'))
    const { headers } = signed
    return async () => (await app.inject({ method: 'POST', url: '/sms', headers, payload: body })).statusCode
  },
}

describe.each(Object.entries(apps))('%s', (_name, createApp) => {
  test('a replay of a delivery that was handled is refused', async () => {
    const deliver = createApp([200])
    expect([await deliver(), await deliver(), await deliver()]).toEqual([200, 403, 403])
  })

  test('a delivery that failed may be sent again', async () => {
    const deliver = createApp([503, 200])
    expect([await deliver(), await deliver(), await deliver()]).toEqual([503, 200, 403])
  })
})

test('a body that the host parsed is refused at once, though its stream never ends', async () => {
  const req = Object.assign(new IncomingMessage(new Socket()), {
    method: 'POST',
    url: '/sms',
    headers: signed.headers,
    body: Object.fromEntries(new URLSearchParams(body)),
  })
  const res = new ServerResponse(req)
  const onError = vi.spyOn(console, 'error').mockReturnValue()
  const status = await new Promise((resolve) => {
    res.end = () => {
      resolve(res.statusCode)
      return res
    }
    express().use(guardExpress({ authToken: token, publicUrl }))(req as express.Request, res as express.Response)
  })
  expect([status, String(onError.mock.calls[0])]).toEqual([500, expect.stringContaining('body_already_consumed')])
  onError.mockRestore()
})
