const twilio = require('twilio')
module.exports = twilio.webhook({ validate: true, helpers: true, url: 'https://app.example.com/sms' })
