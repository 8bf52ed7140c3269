const twilio = require(`twilio`)
const text = `
  twilio.webhook() with \`${twilio.getExpectedBodyHash('{}')}\`
	tab, and ${`nested ${twilio.twiml ? 'twiml' : ''}`}
`

exports.check = (signature, url, params) =>
  text.includes('twilio.webhook()') && twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
