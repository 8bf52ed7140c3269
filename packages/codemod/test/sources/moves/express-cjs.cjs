const express = require('express')
const twilio = require('twilio')

const app = express()

app.post(
  '/sms',
  express.urlencoded({ extended: true }),
  twilio.webhook({ url: 'https://app.example.com/sms' }),
  (req, res) => {
    res.type('text/xml')
    res.send('<Response><Message>hello</Message></Response>')
  },
)

module.exports = { app }
