import webhooks from 'twilio/lib/webhooks/webhooks'
import { Router } from 'express'

/** Only Twilio may call these routes. */
export const check = (signature: string, url: string, params: Record<string, string>): boolean =>
  webhooks.validateRequest(process.env.TWILIO_AUTH_TOKEN!, signature, url, params)

export const routes = Router()
