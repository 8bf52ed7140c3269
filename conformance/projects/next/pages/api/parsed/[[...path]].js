import { twilioWebhookApi } from 'tollgate/next'
import { player } from '../../../play.js'

// This route keeps Next's default parser.
export default player(({ options, handle }) =>
  twilioWebhookApi(options, async (webhook, _req, res) => {
    const { status, headers, body } = await handle(webhook)
    res.writeHead(status, headers).end(body)
  }),
)
