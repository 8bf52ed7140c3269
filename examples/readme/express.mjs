import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { twiml } from 'tollgate/twiml'

export const app = express()
app.post('/sms', twilioWebhook({ publicUrl: 'https://api.example.com' }), (req, res) => {
  const { params } = readWebhook(req)
  res.type('text/xml').send(twiml`<Response><Message>You said ${params.get('Body')}</Message></Response>`)
})
app.listen(process.env.PORT ?? 3000)
