import { createServer } from 'node:http'
import { twilioWebhook } from 'tollgate/node'
import { parseRelayMessage } from 'tollgate/params'
import { twilioUpgrade } from 'tollgate/ws'
import { WebSocketServer } from 'ws'
import { admit, openRelay } from './tickets.mjs'

const port = Number(process.env.PORT ?? 3000)
const publicUrl = process.env.TOLLGATE_PUBLIC_URL ?? `http://127.0.0.1:${port}`

const voice = twilioWebhook({ publicUrl }, (webhook, _req, res) => {
  const url = `${publicUrl.replace(/^http/, 'ws')}/relay`
  res.setHeader('content-type', 'text/xml').end(openRelay(webhook, url))
})

export const server = createServer(voice)
const sockets = new WebSocketServer({ noServer: true })
const guard = twilioUpgrade({ publicUrl })
server.on('upgrade', async (req, socket, head) => {
  const webhook = await guard(req, socket, head)
  if (webhook) sockets.handleUpgrade(req, socket, head, listen)
})

/** @param {import('ws').WebSocket} connection */
function listen(connection) {
  /** @type {import('./tickets.mjs').Call} */
  let call
  connection.on('message', (data) => {
    call = admit(data, call)
    if (call?.ok === false) return connection.close(1008, call.code)
    const message = parseRelayMessage(String(data))
    if (message?.type !== 'prompt') return
    connection.send(JSON.stringify({ type: 'text', token: `You said: ${message.voicePrompt}`, last: true }))
  })
}
server.listen(port, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${port}`))
