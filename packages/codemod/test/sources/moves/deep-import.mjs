import { createHash } from 'node:crypto'
import { getExpectedBodyHash, getExpectedTwilioSignature, validateBody } from 'twilio/lib/webhooks/webhooks.js'

const token = process.env.TWILIO_AUTH_TOKEN
const hash = createHash('sha256').update('{}').digest('hex')

export const check = (signature, url, params) =>
  getExpectedTwilioSignature(token, url, params) === signature &&
  getExpectedBodyHash('{}') === hash &&
  validateBody('{}', hash)
