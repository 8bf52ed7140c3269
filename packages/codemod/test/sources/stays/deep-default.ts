import webhooks from 'twilio/lib/webhooks/webhooks'

export const check: Function = pick(webhooks)
function pick(all: any) { return all.validateRequest }
