import { twilioWebhook } from 'tollgate/next'
import { twiml } from 'tollgate/twiml'

// A function: it runs at the first request, so the build needs no secrets. The Auth Token comes
// from TWILIO_AUTH_TOKEN.
const options = () => ({ publicUrl: process.env.TOLLGATE_PUBLIC_URL })

export const POST = twilioWebhook(options, (webhook) => {
  const text = webhook.params.get('Body') ?? ''
  return new Response(twiml`<Response><Message>You said: ${text}</Message></Response>`, {
    headers: { 'content-type': 'text/xml' },
  })
})
