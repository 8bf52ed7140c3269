import { createServer } from 'node:http'
// #region function
import { app } from '@azure/functions'
import { twilioWebhook } from 'tollgate/azure'
import { twiml } from 'tollgate/twiml'

const handler = twilioWebhook({ publicUrl: process.env.TOLLGATE_PUBLIC_URL }, (webhook) => {
  const text = webhook.params.get('Body') ?? ''
  const body = twiml`<Response><Message>You said: ${text}</Message></Response>`
  return { status: 200, headers: { 'content-type': 'text/xml' }, body }
})

app.http('sms', { methods: ['POST'], authLevel: 'anonymous', handler })
// #endregion

// For your machine, without the Core Tools: calls the handler with a request like Azure's.
if (!process.env.FUNCTIONS_WORKER_RUNTIME) {
  const port = Number(process.env.PORT ?? 3000)
  const server = createServer(async (req, res) => {
    const headers = Object.entries(req.headers).map(([name, value]) => [name, String(value)])
    const body = req.method === 'POST' ? Buffer.concat(await req.toArray()) : null
    const url = new URL(req.url ?? '/', `http://127.0.0.1:${port}`)
    const request = new Request(url, { method: req.method ?? 'GET', headers: Object.fromEntries(headers), body })
    const answer = await handler(request, {})
    res.writeHead(answer.status, answer.headers).end(answer.body)
  })
  server.listen(port, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${port}`))
}
