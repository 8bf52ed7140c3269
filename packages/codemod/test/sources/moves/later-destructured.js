const twilio = require('twilio')
const { validateExpressRequest, twiml } = twilio
const express = require('express')

const app = express()
app.set('trust proxy', true)
app.use(express.urlencoded({ extended: false }))
app.use((req, res, next) => {
  if (!validateExpressRequest(req, process.env.TWILIO_AUTH_TOKEN)) return res.status(403).end()
  res.locals.reply = new twiml.VoiceResponse()
  next()
})
app.post('/sms', (req, res) => res.type('text/xml').send(res.locals.reply.toString()))

module.exports = { app }
