let validateRequest
;({ validateRequest } = require('twilio'))
exports.check = (...args) => validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
