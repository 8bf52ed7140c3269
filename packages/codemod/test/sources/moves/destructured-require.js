const { Twilio, validateRequest: checkForm, /* JSON */ validateRequestWithBody: checkBody } = require('twilio')

const makeClient = () => new Twilio('AC00000000000000000000000000000000', process.env.TWILIO_AUTH_TOKEN)

exports.client = makeClient()
exports.check = (signature, url, params) => {
  const token = process.env.TWILIO_AUTH_TOKEN
  if (checkBody(token, signature, url, '{}')) throw new Error('this is no JSON')
  return checkForm(token, signature, url, params)
}
