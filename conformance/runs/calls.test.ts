import { createServer } from 'node:http'
import { type CallSocket, callScenario } from '@tollgate/calls'
import express from 'express'
import { twilioWebhook } from 'tollgate/express'
import { testServer } from 'tollgate/testing/node'
import { twiml } from 'tollgate/twiml'
import { createVerifyClient } from 'tollgate/ws'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

test.each([undefined, 'https://api.example.com'])(
  'a socket of ConversationRelay, with the public URL %s',
  async (publicUrl) => {
    let port = 0
    const server = await testServer(
      ({ url, authToken }) => {
        const socketUrl = `${url.replace('http', 'ws')}/socket`
        const app = express().use(twilioWebhook({ publicUrl: url, authToken }))
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
