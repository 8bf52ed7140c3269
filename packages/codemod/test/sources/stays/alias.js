const twilio = require('twilio')
const sdk = twilio
exports.check = (...args) => sdk.validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
