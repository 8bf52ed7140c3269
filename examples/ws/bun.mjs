import { twilioWebhook } from 'tollgate/fetch'
import { admit, openStream } from './tickets.mjs'

const port = Number(process.env.PORT ?? 3000)
const publicUrl = process.env.TOLLGATE_PUBLIC_URL ?? `http://127.0.0.1:${port}`

const voice = twilioWebhook({ publicUrl }, (webhook) => {
  const url = `${publicUrl.replace(/^http/, 'ws')}/media`
  return new Response(openStream(webhook, url), { headers: { 'content-type': 'text/xml' } })
})
const media = twilioWebhook({ publicUrl, webSocket: true }, (_webhook, request, server) =>
  server.upgrade(request, { data: {} }) ? undefined : new Response(null, { status: 426 }),
)

Bun.serve({
  hostname: '127.0.0.1',
  port,
  fetch: (request, server) => (new URL(request.url).pathname === '/media' ? media : voice)(request, server),
  websocket: {
    message(socket, data) {
      socket.data.call = admit(data, socket.data.call)
      if (socket.data.call?.ok === false) socket.close(1008, socket.data.call.code)
    },
  },
})
console.log(`Listening on http://127.0.0.1:${port}`)
