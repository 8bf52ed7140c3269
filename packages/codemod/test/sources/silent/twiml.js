const VoiceResponse = require('twilio').twiml.VoiceResponse
const client = require('twilio')(process.env.ACCOUNT_SID, process.env.TWILIO_AUTH_TOKEN)
const { MessagingResponse } = require('twilio').twiml
const { jwt: { AccessToken } } = require('twilio')

module.exports = { VoiceResponse, MessagingResponse, AccessToken, client }
