const twilio = require('twilio')

/** Checks requests of a SharedKey or of an Auth Token, as the settings header says. */
exports.app = require('express')().use(require('express').urlencoded({ extended: false }), (req, res) => {
  const settings = req.headers[twilio.SIGNATURE_SETTINGS_HEADER.toLowerCase()]
  const algorithm = twilio.getSignatureAlgorithm(settings)
  const secret = algorithm === twilio.HMAC_SHA256 ? process.env.SHARED_KEY : process.env.TWILIO_AUTH_TOKEN
  const url = `https://${req.headers.host}${req.originalUrl}`
  const signature = req.get(twilio.SIGNATURE_HEADER)
  res.sendStatus(twilio.validateRequest(secret, signature, url, req.body, algorithm) ? 204 : 403)
})
