class Twilio {
  static get sdk() { const sdk = require('twilio'); return sdk.validateRequest }

  check(signature, url, params) {
    const twilio = require('twilio')
    this.client = twilio('AC00000000000000000000000000000000', 'token')
    return twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
  }

  #hash = () => { const { getExpectedBodyHash, twiml } = require('twilio'); return [twiml, getExpectedBodyHash('{}')] }

  hash() { return this.#hash() }
}

const object = {
  check(...args) {
    const { validateRequest } = require('twilio')
    return validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
  },
  get twiml() { var twilio = require('twilio'), hash = twilio.getExpectedBodyHash('x'); return [hash, twilio.twiml] },
}

exports.check = (...args) =>
  new Twilio().hash().length === 2 && object.twiml.length === 2 && new Twilio().check(...args) && object.check(...args) && Twilio.sdk(process.env.TWILIO_AUTH_TOKEN, ...args)
