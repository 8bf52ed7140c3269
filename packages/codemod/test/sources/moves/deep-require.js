'use strict'

const hooks = require("twilio/lib/webhooks/webhooks")
const again = require('twilio/lib/webhooks/webhooks').validateRequest

exports.check = function (signature, url, params) {
  return hooks.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params) &&
    again(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
}
