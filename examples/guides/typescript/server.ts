import express from 'express'
import { readWebhook, type TwilioWebhookOptions, twilioWebhook } from 'tollgate/express'
import { twiml } from 'tollgate/twiml'

const options: TwilioWebhookOptions = { publicUrl: 'https://api.example.com' }

const app = express()
app.post('/sms', twilioWebhook(options), (req, res) => {
  const text: string | undefined = readWebhook(req).params.get('Body')
  res.type('text/xml').send(twiml`<Response><Message>You said ${text}</Message></Response>`)
})
app.listen(process.env.PORT ?? 3000)
