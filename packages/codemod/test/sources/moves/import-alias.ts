import twilio = require('twilio')
import validateRequest = twilio.validateRequest

// The package has types of these names, too.
type Check = twilio.validateRequest & typeof twilio.validateRequest
type Again = import('twilio').validateRequest | typeof import('twilio').validateRequest

export const checks: (Check & Again)[] = [validateRequest]
export const check = (signature: string, url: string, params: Record<string, string>) =>
  checks.every((one) => one(process.env.TWILIO_AUTH_TOKEN!, signature, url, params))
Object.assign({}, twilio, { webhook: null })
