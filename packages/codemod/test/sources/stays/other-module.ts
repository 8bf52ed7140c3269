import twilio from 'npm:twilio@6'
import { validateRequest } from 'https://esm.sh/twilio@6/lib/webhooks/webhooks.js'

export const guards = [twilio.webhook(), validateRequest]
