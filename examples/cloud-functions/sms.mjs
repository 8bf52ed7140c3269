import { http } from '@google-cloud/functions-framework'
import { twilioWebhook } from 'tollgate/express'
import { twiml } from 'tollgate/twiml'

const sms = twilioWebhook({ publicUrl: process.env.TOLLGATE_PUBLIC_URL }, (webhook, _req, res) => {
  const text = webhook.params.get('Body') ?? ''
  res.type('text/xml').send(twiml`<Response><Message>You said: ${text}</Message></Response>`)
})

http('sms', sms) // Firebase: export const twilio = onRequest(sms)
