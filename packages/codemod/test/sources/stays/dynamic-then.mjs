export const check = (...args) =>
  import('twilio').then(({ default: { validateRequest } }) => validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args))
