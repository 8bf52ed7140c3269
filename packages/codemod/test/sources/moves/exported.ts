export const twilio = require('twilio'), sign = twilio.getExpectedTwilioSignature
export const { validateRequest, Twilio } = require('twilio')
export const sdk = require('twilio') // for the client

export const check = (signature: string, url: string, params: Record<string, string>): boolean =>
  sdk.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params) &&
  sign(process.env.TWILIO_AUTH_TOKEN, url, params) === signature &&
  validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
