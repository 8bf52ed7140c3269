const { validateRequest, validate = validateRequest, twiml } = require('twilio')
exports.check = (...args) => twiml && validate(process.env.TWILIO_AUTH_TOKEN, ...args)
