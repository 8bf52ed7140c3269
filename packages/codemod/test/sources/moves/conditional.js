if (process.env.TWILIO_AUTH_TOKEN) var twilio = require('twilio')
else var nothing = true

switch (typeof nothing) {
  case 'undefined':
    const sdk = require('twilio')
    exports.hash = [sdk.twiml, sdk.getExpectedBodyHash('{}')]
}
for (let t = require('twilio'), i = 0; i < 1; i++) exports.loop = [t.Twilio, t.getExpectedBodyHash('')]

exports.client = twilio('AC00000000000000000000000000000000', 'token')
exports.check = (signature, url, params) => twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
