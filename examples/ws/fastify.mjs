import websocket from '@fastify/websocket'
import fastify from 'fastify'
import { readWebhook, twilioWebhook } from 'tollgate/fastify'
import { admit, openStream } from './tickets.mjs'

const port = Number(process.env.PORT ?? 3000)
const publicUrl = process.env.TOLLGATE_PUBLIC_URL ?? `http://127.0.0.1:${port}`
const app = fastify()

app.register(async (scope) => {
  await scope.register(websocket)
  scope.register(twilioWebhook, { publicUrl })
  scope.post('/voice', (request, reply) => {
    const url = `${publicUrl.replace(/^http/, 'ws')}/media`
    reply.type('text/xml').send(openStream(readWebhook(request), url))
  })
  scope.get('/media', { websocket: true }, (socket) => {
    /** @type {import('./tickets.mjs').Call} */
    let call
    socket.on('message', (data) => {
      call = admit(data, call)
      if (call?.ok === false) socket.close(1008, call.code)
    })
  })
})

await app.listen({ host: '127.0.0.1', port })
console.log(`Listening on http://127.0.0.1:${port}`)
