let twilio

exports.check = (...args) => {
  twilio ??= require('twilio')
  return twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
}
