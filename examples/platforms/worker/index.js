import { twilioWebhook } from 'tollgate/fetch'
import { twiml } from 'tollgate/twiml'

/** @typedef {{ PUBLIC_URL: string, TWILIO_AUTH_TOKEN: string }} Env */

const answer = twilioWebhook(
  (/** @type {Env} */ env) => ({
    publicUrl: env.PUBLIC_URL,
    authToken: env.TWILIO_AUTH_TOKEN,
  }),
  (webhook) => {
    const reply = `You said ${webhook.params.get('Body')}`
    return new Response(twiml`<Response><Message>${reply}</Message></Response>`, {
      headers: { 'content-type': 'text/xml' },
    })
  },
)

export default { fetch: answer }
