const twilio = require('twilio')
const client = twilio(process.env.TWILIO_ACCOUNT_SID, process.env.TWILIO_AUTH_TOKEN)

exports.check = (...args) => client.validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
exports.hook = require('twilio')(process.env.TWILIO_ACCOUNT_SID).webhook()
exports.client = client.messages
