import sdk, {
  // builds the client
  Twilio,
  validateRequest, // forms
  validateRequestWithBody as checkJson, // JSON

  // answers
  twiml
} from 'twilio'
export {
  /* for the tests */
  getExpectedTwilioSignature,
  RestException,
} from 'twilio'
const { jwt, webhook,
  validateBody, // hashes
} = sdk

export const known = [Twilio, twiml, jwt, webhook, validateBody, checkJson].every(Boolean)
export const check = (signature: string, url: string, params: object) =>
  known && validateRequest(process.env.TWILIO_AUTH_TOKEN!, signature, url, params)
