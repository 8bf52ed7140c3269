const { webhook } = require('twilio')

require.cache[require.resolve('twilio')] = { exports: { webhook: () => (req, res, next) => next() } }
module.exports = webhook()
