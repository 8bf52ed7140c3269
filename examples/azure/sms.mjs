import { app } from '@azure/functions'
import { twilioWebhook } from 'tollgate/azure'
import { twiml } from 'tollgate/twiml'

export const handler = twilioWebhook({ publicUrl: process.env.TOLLGATE_PUBLIC_URL }, (webhook) => {
  const text = webhook.params.get('Body') ?? ''
  const body = twiml`<Response><Message>You said: ${text}</Message></Response>`
  return { status: 200, headers: { 'content-type': 'text/xml' }, body }
})

app.http('sms', { methods: ['POST'], authLevel: 'anonymous', handler })
