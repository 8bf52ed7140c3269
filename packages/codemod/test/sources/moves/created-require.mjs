import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)
const { twiml, validateRequest } = load('twilio')
const { getExpectedBodyHash } = createRequire(import.meta.url)('twilio')

export const check = (...args) => Boolean(twiml && getExpectedBodyHash) && validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
