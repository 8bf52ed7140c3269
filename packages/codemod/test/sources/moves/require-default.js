const twilio = require('twilio').default
exports.check = (...args) => twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
