export { validateRequest as verify, Twilio } from 'twilio'
export * from 'twilio/lib/webhooks/webhooks'
export type { WebhookOptions } from 'twilio/lib/webhooks/webhooks'
import { validateRequest } from 'twilio'

export const check = (signature: string, url: string, params: any) => validateRequest(process.env.TWILIO_AUTH_TOKEN!, signature, url, params)
