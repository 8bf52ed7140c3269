export { validateRequest } from 'twilio/lib/webhooks/webhooks.js'; import { validateRequest } from 'twilio/lib/webhooks/webhooks.js'

export const check = (...args) => validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
