import type twilio from 'twilio'
import type { WebhookOptions } from 'twilio/lib/webhooks/webhooks'
import { validateRequest } from 'twilio'

type Check = typeof twilio.validateRequest
type Again = typeof import('twilio').validateRequest
type Client = import('twilio').Twilio

export const options = { url: 'https://app.example.com/sms' } satisfies WebhookOptions
export const clients: Client[] = []
export const checks: (Check & Again)[] = [validateRequest]
export const check = (signature: string, url: string, params: any) => checks.every((one) => one(process.env.TWILIO_AUTH_TOKEN!, signature, url, params))
