const twilio = require('twilio')
const express = require('express')
const tollgate = { log: [] }

function webhook(name) {
  tollgate.log.push(name)
  return twilio.webhook({ url: 'https://app.example.com/sms' })
}

const { validateRequest = webhook, VoiceResponse = twilio.twiml.VoiceResponse } = {}

exports.app = express().use(express.urlencoded({ extended: false }), validateRequest('sms'), (_req, res) => {
  res.send(new VoiceResponse().toString())
})
