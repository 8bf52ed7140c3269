import { createServer } from 'node:http'
import { twilioWebhook } from 'tollgate/node'
import { twiml } from 'tollgate/twiml'

export const server = createServer(
  twilioWebhook({ publicUrl: 'https://api.example.com' }, (webhook, _req, res) => {
    const text = webhook.params.get('Body') ?? ''
    res.setHeader('content-type', 'text/xml').end(twiml`<Response><Message>You said: ${text}</Message></Response>`)
  }),
)
server.listen(process.env.PORT ?? 3000)
