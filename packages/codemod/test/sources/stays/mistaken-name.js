const twilio = require('twilio')
const { validateRequest } = require('twilio').Webhook || {}
const { webhooks, twiml } = twilio

exports.check = (...args) => twiml && webhooks && validateRequest(...args) && twilio.webhooks.validateRequest(...args)
