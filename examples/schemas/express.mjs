import { schemaOf } from '@tollgate/schemas'
import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { twiml } from 'tollgate/twiml'

const message = schemaOf('message.inbound')['~standard']

export const app = express()
app.post('/sms', twilioWebhook({ publicUrl: 'https://api.example.com' }), (req, res) => {
  const checked = message.validate(readWebhook(req).params)
  if (checked.issues) {
    res.status(422).json(checked.issues)
    return
  }
  const { Body, FromCity = 'somewhere' } = checked.value
  res.type('xml').send(twiml`<Response><Message>${Body}, from ${FromCity}</Message></Response>`)
})
