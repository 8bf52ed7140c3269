// This file calls the twilio provider of its own.
const provider = require('./providers/twilio')
const log = require('debug')('twilio')

exports.webhook = () => provider.webhook(log)
exports.name = ['twilio', { twilio: true }].concat(require.resolve('twilio'))
