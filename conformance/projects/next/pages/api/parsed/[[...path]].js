import { twilioWebhookApi } from 'tollgate/next'
import { player } from '../../../play.js'

// With the parser that Next has by default.
export default player(({ options, handle }) =>
  twilioWebhookApi(options, async (webhook, _req, res) => {
    const { status, headers, body } = await handle(webhook)
    res.writeHead(status, headers).end(body)
  }),
)
