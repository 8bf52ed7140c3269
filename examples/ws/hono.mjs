import { serve, upgradeWebSocket } from '@hono/node-server'
import { Hono } from 'hono'
import { twilioWebhook } from 'tollgate/hono'
import { WebSocketServer } from 'ws'
import { admit, openStream } from './tickets.mjs'

const port = Number(process.env.PORT ?? 3000)
const publicUrl = process.env.TOLLGATE_PUBLIC_URL ?? `http://127.0.0.1:${port}`
const app = new Hono()

app.post('/voice', twilioWebhook({ publicUrl }), (c) => {
  const url = `${publicUrl.replace(/^http/, 'ws')}/media`
  return c.body(openStream(c.var.twilio, url), 200, { 'Content-Type': 'text/xml' })
})
app.get(
  '/media',
  twilioWebhook({ publicUrl, webSocket: true }),
  upgradeWebSocket(() => {
    /** @type {import('./tickets.mjs').Call} */
    let call
    return {
      onMessage({ data }, socket) {
        call = admit(data, call)
        if (call?.ok === false) socket.close(1008, call.code)
      },
    }
  }),
)

const sockets = new WebSocketServer({ noServer: true })
const server = /** @type {import('@hono/node-server').WebSocketServerLike} */ (sockets)
const options = { fetch: app.fetch, hostname: '127.0.0.1', port, websocket: { server } }
serve(options, () => console.log(`Listening on http://127.0.0.1:${port}`))
