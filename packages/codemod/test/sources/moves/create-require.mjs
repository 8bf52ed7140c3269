import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const twilio = require('twilio')

export const client = twilio('AC00000000000000000000000000000000', 'token')
export const check = (signature, url, params) => twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
