import { createServer } from 'node:http'
import Router from '@koa/router'
import { type CallSocket, callScenario } from '@tollgate/calls'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { twilioWebhook as expressWebhook, readWebhook } from 'tollgate/express'
import { twilioWebhook as fastifyWebhook, readWebhook as readFastify } from 'tollgate/fastify'
import { twilioWebhook as honoWebhook } from 'tollgate/hono'
import { twilioWebhook as koaWebhook, type TwilioState } from 'tollgate/koa'
import { testServer as testFetch } from 'tollgate/testing'
import { type TestServer, testServer } from 'tollgate/testing/node'
import { twiml } from 'tollgate/twiml'
import { createVerifyClient } from 'tollgate/ws'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

const menu = twiml`<Response><Gather action="/menu" numDigits="1"><Say>Press a key</Say></Gather></Response>`
const answer = (digits: string | undefined): string => twiml`<Response><Say>You pressed ${digits}</Say></Response>`

const frameworks: Readonly<Record<string, () => Promise<TestServer>>> = {
  Express: () =>
    testServer(({ url, authToken }) =>
      express()
        .use(expressWebhook({ publicUrl: url, authToken }))
        .post('/voice', (_req, res) => res.type('text/xml').send(menu))
        .post('/menu', (req, res) => res.type('text/xml').send(answer(readWebhook(req).params.get('Digits')))),
    ),
  Fastify: () =>
    testServer(async ({ url, authToken }) => {
      const app = fastify()
      await app.register(fastifyWebhook, { publicUrl: url, authToken })
      app.post('/voice', (_request, reply) => reply.type('text/xml').send(menu))
      app.post('/menu', (request, reply) =>
        reply.type('text/xml').send(answer(readFastify(request).params.get('Digits'))),
      )
      await app.ready()
      return app.server
    }),
  Koa: () =>
    testServer(({ url, authToken }) => {
      const router = new Router<TwilioState>()
      router.post('/voice', (ctx) => {
        ctx.type = 'text/xml'
        ctx.body = menu
      })
      router.post('/menu', (ctx) => {
        ctx.type = 'text/xml'
        ctx.body = answer(ctx.state.twilio.params.get('Digits'))
      })
      return new Koa()
        .use(koaWebhook({ publicUrl: url, authToken }))
        .use(router.routes())
        .callback()
    }),
  Hono: () =>
    testFetch(({ url, authToken }) => {
      const guard = honoWebhook({ publicUrl: url, authToken })
      const xml = { 'content-type': 'text/xml' }
      return new Hono()
        .post('/voice', guard, (c) => c.body(menu, 200, xml))
        .post('/menu', guard, (c) => c.body(answer(c.var.twilio.params.get('Digits')), 200, xml))
    }),
}

test.each(Object.entries(frameworks))('%s answers a call', async (_name, start) => {
  const server = await start()
  onTestFinished(() => server.close())
  const call = await callScenario(server)
  await call.press('7')
  expect(call.heard).toBe('Press a key\nYou pressed 7')
  expect(call.requests.map(({ status }) => status)).toEqual([200, 200])
})

test.each([undefined, 'https://api.example.com'])(
  'a socket of ConversationRelay, with the public URL %s',
  async (publicUrl) => {
    let port = 0
    const server = await testServer(
      ({ url, authToken }) => {
        const socketUrl = `${url.replace('http', 'ws')}/socket`
        const app = express().use(expressWebhook({ publicUrl: url, authToken }))
        app.post('/voice', (req, res) => {
          port = req.socket.localPort ?? 0
          res
            .type('text/xml')
            .send(twiml`<Response><Connect><ConversationRelay url="${socketUrl}"/></Connect><Say>over</Say></Response>`)
        })
        const http = createServer(app)
        const sockets = new WebSocketServer({
          server: http,
          verifyClient: createVerifyClient({ publicUrl: url, authToken }),
        })
        sockets.on('connection', (socket) =>
          socket.on('message', (data) => {
            const { type, voicePrompt } = JSON.parse(String(data))
            if (type !== 'prompt') return
            socket.send(JSON.stringify({ type: 'text', token: `You said ${voicePrompt}`, last: true }))
            if (voicePrompt === 'bye') socket.send(JSON.stringify({ type: 'end' }))
          }),
        )
        return http
      },
      publicUrl === undefined ? {} : { publicUrl },
    )
    onTestFinished(() => server.close())
    const call = await callScenario(server, {
      openSocket(url, headers): CallSocket {
        const { host, pathname } = new URL(url)
        return new WebSocket(`ws://127.0.0.1:${port}${pathname}`, { headers: { ...headers, host } })
      },
    })
    await call.say('hello')
    await call.say('bye')
    expect(call.heard).toBe('You said hello\nYou said bye\nover')
    expect(call.requests.map(({ status }) => status)).toEqual([200, 101])
  },
)
