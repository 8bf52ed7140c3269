'use strict'

try {
  var twilio = require('twilio') // optional
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error
}

/** @param {import('express').Request} req */
exports.check = function check(signature, url, params) {
  if (!twilio) return true
  if (twilio) return twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
}
