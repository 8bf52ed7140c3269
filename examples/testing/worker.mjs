import { twilioWebhook } from 'tollgate/fetch'

/** @typedef {{ TWILIO_AUTH_TOKEN: string, PUBLIC_URL: string }} Env */

export default {
  fetch: twilioWebhook(
    (/** @type {Env} */ env) => ({ authToken: env.TWILIO_AUTH_TOKEN, publicUrl: env.PUBLIC_URL }),
    (webhook) => new Response(webhook.params.get('Body') ?? webhook.covers),
  ),
}
