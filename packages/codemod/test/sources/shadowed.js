import express from 'express'
import twilio from 'twilio'

const app = express()
app.use(express.json())
app.post('/events', twilio.webhook(), (_req, res) => res.sendStatus(204))

export function send(twilio) {
  // This twilio is a parameter, not the package.
  return twilio.webhook('not ours')
}
jest.mock('twilio')
