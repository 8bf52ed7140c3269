import { getExpectedTwilioSignature, validateBody } from 'twilio/lib/webhooks/webhooks.js'

export const sign = (url, params) => getExpectedTwilioSignature('token', url, params)
export const isBound = (body, hash) => validateBody(body, hash)
