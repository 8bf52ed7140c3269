let twilio = require('twilio')
if (process.env.FAKE) twilio = require('./fake-twilio')

exports.check = (...args) => twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
