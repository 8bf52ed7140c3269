import express from 'express'
import type { Accepted, Observed } from 'tollgate'
import { readWebhook, type TwilioWebhookOptions, twilioWebhook } from 'tollgate/express'

const options: TwilioWebhookOptions<'observe'> = { publicUrl: 'https://api.example.com', mode: 'observe' }

export const app = express()
app.post('/sms', twilioWebhook(options), (req, res) => {
  const webhook: Accepted | Observed = readWebhook(req)
  res.send(webhook.ok ? answer(webhook) : `would be refused: ${webhook.code}`)
})

/** Only a verified request has this type. */
function answer({ accountSid, params }: Accepted): string {
  return `${params.get('From')} of ${accountSid}`
}
