module.exports = { twilio: require('twilio'), express: require('express') }
