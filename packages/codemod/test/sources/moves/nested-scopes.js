const twilio = require('twilio')
exports.client = twilio('AC00000000000000000000000000000000', 'token')

exports.check = (signature, url, params) => {
  const outer = twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
  const t = require('twilio')
  const inner = t.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
  {
    let twilio = { validateRequest: () => false }
    if (twilio.validateRequest()) return false
  }
  return outer && inner && Boolean(t.Twilio)
}
