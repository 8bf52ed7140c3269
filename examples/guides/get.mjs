import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { twiml } from 'tollgate/twiml'

export const app = express()
const guard = twilioWebhook({ publicUrl: 'https://api.example.com', methods: ['GET'] })

// Configured at Twilio as GET https://api.example.com/sms?shop=7
app.get('/sms', guard, (req, res) => {
  const { params } = readWebhook(req)
  res.set('Cache-Control', 'no-store').type('text/xml')
  res.send(
    twiml`<Response><Message>Shop ${params.get('shop')} read ${params.get('NumSegments')} SMS</Message></Response>`,
  )
})
