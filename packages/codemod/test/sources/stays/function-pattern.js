const { webhook } = require('twilio')
exports.check = (...args) => {
  const { validateRequest } = webhook
  return validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
}
