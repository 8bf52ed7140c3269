import twilio, { validateRequest as v, type Twilio } from 'twilio'

export const make = (): Twilio => twilio('AC00000000000000000000000000000000', 'token')
export const check = (signature: string, url: string, params: object) =>
  v(process.env.TWILIO_AUTH_TOKEN!, signature, url, params satisfies object)
