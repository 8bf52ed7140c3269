import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'

const publicUrl = 'https://api.example.com'

export const app = express()
app.post('/sms', twilioWebhook({ publicUrl }), (req, res) => {
  const text = readWebhook(req).params.get('Body')
  res.type('text').send(`You said ${text}`)
})
