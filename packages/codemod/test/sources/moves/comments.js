/* eslint-env node */ const /* the SDK */ twilio /* 6 */ = /* here */ require(/* webpack */ 'twilio' /* end */) /* done */; /* next */ const a = 1

exports.check = (signature, url, params) => {
  // twilio.validateRequest in a comment stays
  return a === 1 && twilio /* a */ . /* b */ validateRequest /* c */ (process.env.TWILIO_AUTH_TOKEN, signature, url, params)
}
exports.client = () => twilio /* call */ ('AC00000000000000000000000000000000', 'token')
