import twilio from 'twilio'
import { validateRequest, type RequestValidatorOptions } from 'twilio/lib/webhooks/webhooks'

let client: twilio.Twilio | null = null

export function getClient(): twilio.Twilio {
  if (!client) client = twilio(process.env.TWILIO_ACCOUNT_SID!, process.env.TWILIO_AUTH_TOKEN!)
  return client
}

export const options: RequestValidatorOptions = { protocol: 'https' }

export async function check(signature: string | null, url: string, params: Record<string, string>) {
  if (!signature) return false
  return validateRequest(process.env.TWILIO_AUTH_TOKEN!, signature, url, params)
}
