// The file silent/passed.mjs passes the package to this one.
export const createGuard = (twilio) => (request) =>
  twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, request.headers['x-twilio-signature'], request.url, request.body)
