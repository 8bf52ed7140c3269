#!/usr/bin/env node
'use strict'
const twilio = require('twilio')
;[1, 2].forEach((n) => n)
const client = twilio('AC00000000000000000000000000000000', 'token')
;(function () {
  exports.client = client
})()
const { validateRequest, twiml } = twilio
;`${twiml}`.trim()
exports.check = (signature, url, params) => validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
  && twilio
    // the same again
    .validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
