const twilio = require('twilio')
const { validateExpressRequest, twiml } = twilio

module.exports = (req, res, next) => {
  if (!validateExpressRequest(req, process.env.TWILIO_AUTH_TOKEN)) return res.status(403).end()
  res.locals.reply = new twiml.VoiceResponse()
  next()
}
