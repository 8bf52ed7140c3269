import { createServer } from 'node:http'
import { twilioWebhook } from 'tollgate/node'
import { twiml } from 'tollgate/twiml'
import { twilioUpgrade } from 'tollgate/ws'
import { WebSocketServer } from 'ws'

const port = Number(process.env.PORT ?? 3000)
const publicUrl = process.env.TOLLGATE_PUBLIC_URL ?? `http://127.0.0.1:${port}`

/** When the latest signed webhook of each call came, the oldest first. @type {Map<unknown, number>} */
const calls = new Map()
const isKnown = (/** @type {unknown} */ callSid) => Date.now() - (calls.get(callSid) ?? 0) < 4 * 3600 * 1000

const voice = twilioWebhook({ publicUrl }, (webhook, _req, res) => {
  const callSid = webhook.params.get('CallSid')
  calls.delete(callSid)
  calls.set(callSid, Date.now())
  for (const oldest of calls.keys()) if (!isKnown(oldest)) calls.delete(oldest)
  const url = `${publicUrl.replace(/^http/, 'ws')}/media`
  res.setHeader('content-type', 'text/xml').end(twiml`<Response><Connect><Stream url="${url}"/></Connect></Response>`)
})

export const server = createServer(voice)
const sockets = new WebSocketServer({ noServer: true })
const guard = twilioUpgrade({ publicUrl })
server.on('upgrade', async (req, socket, head) => {
  const webhook = await guard(req, socket, head)
  if (webhook) sockets.handleUpgrade(req, socket, head, (connection) => connection.on('message', listen))
})

/** @this {import('ws').WebSocket} @param {import('ws').RawData} message */
function listen(message) {
  try {
    const { event, type, start, callSid = start?.callSid } = JSON.parse(String(message))
    if ((event === 'start' || type === 'setup') && !isKnown(callSid)) this.close(1008, 'unknown call')
  } catch {
    this.close(1007)
  }
}
server.listen(port, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${port}`))
