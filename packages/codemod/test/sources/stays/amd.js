define(function (require, exports) {
  var twilio = require('twilio')
  exports.check = function (signature, url, params) { return twilio.validateRequest('token', signature, url, params) }
})
