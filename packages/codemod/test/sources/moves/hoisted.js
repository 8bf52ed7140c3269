exports.check = check
exports.make = make

function check(signature, url, params) { return twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params) }

function make() {
  return new twilio.Twilio('AC00000000000000000000000000000000', 'token')
}

var fs = require('node:fs'), path = require('node:path'), twilio = require('twilio')
