import { RequestValidator } from 'twilio'

export const validator = new RequestValidator(process.env.TWILIO_AUTH_TOKEN)
