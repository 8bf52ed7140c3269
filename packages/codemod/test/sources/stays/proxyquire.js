const proxyquire = require('proxyquire')

exports.app = proxyquire('./app', { twilio: { webhook: () => (req, res, next) => next() } })
