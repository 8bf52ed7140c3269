import twilio = require('twilio')
import http = require('http')

type Check = typeof twilio.validateRequest

const validate: Check = twilio.validateRequest
const sign = twilio.getExpectedTwilioSignature

export function check(signature: string, url: string, params: Record<string, string>) {
  const token = process.env.TWILIO_AUTH_TOKEN!
  return validate(token, signature, url, params) && sign(token, url, params) === signature && !!http
}
