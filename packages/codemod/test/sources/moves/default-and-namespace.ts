import twilio, * as all from 'twilio'

export const client = new twilio.Twilio('AC00000000000000000000000000000000', 'token')
export const check = (signature: string, url: string, params: any) =>
  all.validateRequest(<string>process.env.TWILIO_AUTH_TOKEN, signature, url, params)
