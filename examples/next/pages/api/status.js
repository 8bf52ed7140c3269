import { twilioWebhookApi } from 'tollgate/next'

// Next must not read the body: the guard needs it.
export const config = { api: { bodyParser: false } }

const options = () => ({ publicUrl: process.env.TOLLGATE_PUBLIC_URL })

export default twilioWebhookApi(options, (webhook, _req, res) => {
  console.log(webhook.params.get('MessageSid'), webhook.params.get('MessageStatus'))
  res.writeHead(204).end()
})
