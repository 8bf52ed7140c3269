const express = require('express')
const twilio = require('twilio')

const app = express()

app.post(
  '/voice',
  express.urlencoded({ extended: true }),
  twilio.webhook({ url: 'https://app.example.com/voice' }),
  (req, res) => {
    res.type('text/xml')
    res.send('<Response><Say>hello</Say></Response>')
  },
)

module.exports = { app }
