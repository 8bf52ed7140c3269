import express from 'express'
import { twilioWebhook } from 'tollgate/express'
import { createSendGridVerifier, distinctEvents } from 'tollgate/sendgrid'

// The public key is in SENDGRID_WEBHOOK_PUBLIC_KEY.
const verifier = createSendGridVerifier()

export const app = express()
app.post(
  '/events',
  twilioWebhook({ verifier }, (webhook, _req, res) => {
    for (const event of distinctEvents(webhook.events))
      if (event.event === 'bounce') console.log(`${event.email}: ${event.reason}`)
    res.sendStatus(204)
  }),
)
app.listen(process.env.PORT ?? 3000)
