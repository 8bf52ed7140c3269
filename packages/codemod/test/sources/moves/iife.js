;(function (root) {
  'use strict'
  var twilio = require('twilio')
  var client = twilio('AC00000000000000000000000000000000', 'token')
  root.check = function (signature, url, params) {
    return Boolean(client) && twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
  }
})(exports)
;(() => { const t = require('twilio'); exports.hash = t.getExpectedBodyHash('{}') })()
