const { default: twilio } = await import('twilio')
const { webhook, twiml } = (await import('twilio')).default
const sdk = await import('twilio')

export const check = (...args) =>
  [webhook, twiml.VoiceResponse, twilio.jwt, sdk.default.twiml].every(Boolean) &&
  sdk.default.validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args) &&
  twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args)
