import twilio from 'twilio'

export const client = twilio(process.env.TWILIO_ACCOUNT_SID, process.env.TWILIO_AUTH_TOKEN)
export const webhook = (url: string): string => url
