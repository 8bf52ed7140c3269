import * as Twilio from 'twilio'

const options: Twilio.WebhookOptions = { validate: process.env.NODE_ENV !== 'test', url: 'https://app.example.com/sms' }

export const guard = Twilio.webhook(process.env.TWILIO_AUTH_TOKEN ?? '', options)
export const client = Twilio.default('AC00000000000000000000000000000000', 'token')
