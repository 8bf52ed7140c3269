var {
  validateRequest,
  validateExpressRequest, // for Express
} = require('twilio')

exports.check = (signature, url, params) => {
  const { pathname, host } = new URL(url)
  const req = {
    protocol: 'https',
    headers: { host },
    header: (name) => (name === 'X-Twilio-Signature' ? signature : undefined),
    originalUrl: pathname,
    body: params,
  }
  return validateExpressRequest(req, process.env.TWILIO_AUTH_TOKEN) && validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
}
