import { twilioWebhook } from 'tollgate/lambda'
import { twiml } from 'tollgate/twiml'

export const handler = twilioWebhook({ publicUrl: process.env.TOLLGATE_PUBLIC_URL }, (webhook) => {
  const text = webhook.params.get('Body') ?? ''
  const body = twiml`<Response><Message>You said: ${text}</Message></Response>`
  return { statusCode: 200, headers: { 'content-type': 'text/xml' }, body }
})
