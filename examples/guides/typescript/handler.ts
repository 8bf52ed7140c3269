import express from 'express'
import { twilioWebhook, type WebhookHandler } from 'tollgate/express'

// The webhook is `Accepted`, because the mode is `enforce`.
const answer: WebhookHandler = (webhook, _req, res) => {
  res.send(`${webhook.params.get('From')} of ${webhook.accountSid}`)
}

export const app = express()
app.post('/sms', twilioWebhook({ publicUrl: 'https://api.example.com' }, answer))
