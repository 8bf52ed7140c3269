module.exports.app = function (req, res) {
  const express = require('express')
  const app = express()
  setUp(app)
  return app(req, res)
}

function setUp(app) {
  const bodyParser = require('body-parser'), twilio = require('twilio')
  app.use(bodyParser.urlencoded({ extended: false }))
  app.use(twilio.webhook({ url: 'https://app.example.com/sms' }))
  app.use((_req, res) => res.send(`${new twilio.twiml.VoiceResponse()}`))
}
