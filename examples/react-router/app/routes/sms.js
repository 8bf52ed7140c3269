import { twilioWebhook } from 'tollgate/react-router'
import { twiml } from 'tollgate/twiml'

// A function: it runs at the first request, so the build needs no secrets. The Auth Token comes
// from TWILIO_AUTH_TOKEN.
const options = () => ({ publicUrl: process.env.TOLLGATE_PUBLIC_URL })

export const action = twilioWebhook(options, (webhook) => {
  const text = webhook.params.get('Body') ?? ''
  const answer = twiml`<Response><Message>You said: ${text}</Message></Response>`
  return new Response(answer, { headers: { 'Content-Type': 'text/xml' } })
})
