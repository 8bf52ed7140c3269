import express from 'express'
import { twilioWebhook } from 'tollgate/express'

const publicUrl = 'https://api.example.com'

export const app = express()
app.post('/sms', twilioWebhook({ publicUrl }), (req, res) => {
  const text = req.twilio.params.get('Body')
  res.type('text').send(`You said ${text}`)
})
