const twilio = require('twilio')
const kinds = { form: 'validateRequest', json: 'validateRequestWithBody' }
exports.check = (kind, ...args) => twilio[kinds[kind]](process.env.TWILIO_AUTH_TOKEN, ...args)
