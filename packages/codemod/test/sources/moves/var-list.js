var express = require('express'), twilio = require('twilio')
  , bodyParser = require('body-parser')

var app = exports.app = express()
app.use(bodyParser.urlencoded({ extended: true }))
app.post('/sms', twilio.webhook('0123456789abcdef0123456789abcdef', { host: 'app.example.com', protocol: 'https' }), function (req, res) {
  var twiml = new twilio.twiml.MessagingResponse()
  twiml.message('thanks')
  res.type('text/xml').send(twiml.toString())
})
