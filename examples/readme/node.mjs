import { createServer } from 'node:http'
import { twilioWebhook } from 'tollgate/node'

export const server = createServer(
  twilioWebhook({ publicUrl: 'https://api.example.com' }, (webhook, _req, res) => {
    res.end(`Hello ${webhook.params.get('From')}`)
  }),
)
server.listen(process.env.PORT ?? 3000)
