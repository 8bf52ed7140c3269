// @ts-nocheck
import twilio, {
  // the client
  Twilio,
  /* the check */ validateRequest, // forms
  validateRequestWithBody as withBody, // JSON
} from 'twilio' // last

export const client: Twilio = twilio('AC00000000000000000000000000000000', 'token')
export const check = (signature, url, params) =>
  !withBody(process.env.TWILIO_AUTH_TOKEN, signature, url, '{}') && validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
