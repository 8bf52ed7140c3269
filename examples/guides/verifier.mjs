import express from 'express'
import { createVerifier } from 'tollgate'
import { readWebhook, twilioWebhook } from 'tollgate/express'

const verifier = createVerifier({ publicUrl: 'https://api.example.com' })

export const app = express()
app.post('/sms', twilioWebhook({ verifier }), (req, res) => res.send(`Hello ${readWebhook(req).params.get('From')}`))
app.post(
  '/status',
  twilioWebhook({ verifier }, (_webhook, _req, res) => res.sendStatus(204)),
)
