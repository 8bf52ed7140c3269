const twilio = require('twilio')

exports.check = (signature, url, params) =>
  twilio?.validateRequest?.(process.env.TWILIO_AUTH_TOKEN, signature, url, params) === true &&
  twilio . /* the same */ validateRequest
    .call(null, process.env.TWILIO_AUTH_TOKEN, signature, url, params) &&
  typeof twilio.Twilio === 'function'
