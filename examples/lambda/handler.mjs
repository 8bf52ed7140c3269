import { createServer } from 'node:http'
import middy from '@middy/core'
import httpUrlencodeBodyParser from '@middy/http-urlencode-body-parser'
import { twilioWebhook, twilioWebhookMiddy } from 'tollgate/lambda'
import { twiml } from 'tollgate/twiml'

const publicUrl = process.env.TOLLGATE_PUBLIC_URL

// #region handler
export const handler = twilioWebhook({ publicUrl }, (webhook) => {
  const text = webhook.params.get('Body') ?? ''
  const body = twiml`<Response><Message>You said: ${text}</Message></Response>`
  return { statusCode: 200, headers: { 'content-type': 'text/xml' }, body }
})
// #endregion

// #region middy
export const withMiddy = middy()
  .use(twilioWebhookMiddy({ publicUrl }))
  .use(httpUrlencodeBodyParser())
  .handler(async (event) => ({ statusCode: 200, body: `Hello ${event.twilio.params.get('From')}` }))
// #endregion

// For your machine: turns each request into an event, as a Function URL does.
if (!process.env.AWS_LAMBDA_FUNCTION_NAME) {
  const server = createServer(async (req, res) => {
    const [rawPath, rawQueryString] = (req.url ?? '').split(/\?(.*)/s)
    const headers = Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, String(value)]))
    const body = Buffer.concat(await req.toArray()).toString('base64')
    const requestContext = { http: { method: req.method, sourceIp: req.socket.remoteAddress } }
    const event = { version: '2.0', rawPath, rawQueryString, headers, body, isBase64Encoded: true, requestContext }
    const answer = await handler(event, {})
    res.writeHead(answer.statusCode, answer.headers).end(answer.body)
  })
  const port = Number(process.env.PORT ?? 3000)
  server.listen(port, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${port}`))
}
