const twilio = require('twilio')
const logger = require('./logger')

function webhook(name) {
  logger.info(`registered ${name}`)
  return twilio.webhook({ validate: false })
}

module.exports = { webhook, off: twilio.webhook }
