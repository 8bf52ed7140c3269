import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'

export const app = express()
const guard = twilioWebhook({ publicUrl: 'https://api.example.com' })

// The widget: POST, Application/JSON, and the body {"phone": "{{contact.channel.address}}"}
app.post('/studio/customer', guard, (req, res) => {
  const { phone } = Object(readWebhook(req).json())
  res.json({ greeting: `Hello ${phone}` })
})

// The widget: POST, Form URL Encoded, and the parameter phone = {{contact.channel.address}}
app.post('/studio/order', guard, (req, res) => {
  res.json({ greeting: `Hello ${readWebhook(req).params.get('phone')}` })
})
