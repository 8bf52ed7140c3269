const { validateRequest, ...twilio } = require('twilio')
exports.check = (...args) => twilio && validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
