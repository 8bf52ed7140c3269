import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import express5 from 'express'
import Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { twilioWebhook as guardExpress } from '../src/adapters/express.ts'
import { twilioWebhook as guardKoa } from '../src/adapters/koa.ts'
import { authToken, formRequest, jsonRequest, options } from './requests.ts'

// Installed for the adapter suite.
const bodyParser: (options?: { readonly enableTypes: readonly string[] }) => Koa.Middleware = createRequire(
  new URL('../../../conformance/package.json', import.meta.url),
)('koa-bodyparser')
const express4: typeof express5 = createRequire(import.meta.url)('express4')

async function send(listener: RequestListener, request: ReturnType<typeof formRequest>): Promise<string> {
  const server = createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const { method, url, headers, body } = request
  const answer = await fetch(`http://127.0.0.1:${port}${url}`, {
    method,
    headers: headers as Record<string, string>,
    body: body as string,
  })
  const text = await answer.text()
  server.close()
  return `${answer.status} ${text}`
}

const sms = formRequest([['Body', 'hi']], { secret: authToken })

// A global parser of JSON leaves {} for a form in Express 4, and does not read it.
describe.each([
  ['express 4', express4],
  ['express 5', express5],
])('%s behind a global express.json()', (_name, express) => {
  const app = express()
  app.use(express.json())
  app.use(guardExpress(options), express.urlencoded({ extended: true }), (req, res) => void res.json(req.body))

  test('a verified form is in req.body, and a later parser leaves it', async () => {
    expect(await send(app, sms)).toBe('200 {"Body":"hi"}')
  })
  test('a form without parameters is an empty object', async () => {
    expect(await send(app, formRequest([]))).toBe('200 {}')
  })
})

describe('Koa behind a parser for JSON only', () => {
  const app = new Koa()
  app.use(bodyParser({ enableTypes: ['json'] }))
  app.use(guardKoa(options)).use(bodyParser())
  app.use((ctx) => {
    ctx.body = JSON.stringify((ctx.request as { body?: unknown }).body)
  })

  test('a verified form is in ctx.request.body', async () => {
    expect(await send(app.callback(), sms)).toBe('200 {"Body":"hi"}')
  })
  test('JSON that the parser read stays', async () => {
    expect(await send(app.callback(), jsonRequest('{"a":1}'))).toBe('200 {"a":1}')
  })
})
