import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { twiml } from 'tollgate/twiml'

const options = ['Opening hours', 'Orders & returns']

export const app = express()
app.post('/voice', twilioWebhook({ publicUrl: 'https://api.example.com' }), (req, res) => {
  const items = options.map((option, index) => twiml.fragment`<Say>Press ${index + 1} for ${option}.</Say>`)
  const name = readWebhook(req).params.get('CallerName')
  const greeting = name && twiml.fragment`<Say>Hello ${name}.</Say>`
  res.type('text/xml').send(twiml`<Response>${greeting}<Gather numDigits="1">${items}</Gather></Response>`)
})
