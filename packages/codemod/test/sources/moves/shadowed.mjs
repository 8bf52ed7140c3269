import express from 'express'
import twilio from 'twilio'

const app = express()
app.use(express.urlencoded({ extended: true }))
app.use(express.json())
app.post('/sms', twilio.webhook({ protocol: 'https' }), (_req, res) => res.json({ ok: true }))

export function send(twilio) {
  // This twilio is a parameter, not the package.
  return twilio.webhook('not ours')
}

export { app }
