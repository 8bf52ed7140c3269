import { twilioWebhook } from 'tollgate/astro'
import { twiml } from 'tollgate/twiml'

// A function, for a build without secrets: called at the first request. The Auth Token comes from TWILIO_AUTH_TOKEN.
const options = () => ({ publicUrl: process.env.TOLLGATE_PUBLIC_URL })

export const POST = twilioWebhook(options, (webhook) => {
  const text = webhook.params.get('Body') ?? ''
  const answer = twiml`<Response><Message>You said: ${text}</Message></Response>`
  return new Response(answer, { headers: { 'Content-Type': 'text/xml' } })
})
