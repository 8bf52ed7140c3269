import { twilioWebhook } from 'tollgate/fetch'
import { twiml } from 'tollgate/twiml'

const fetch = twilioWebhook({ publicUrl: process.env.TOLLGATE_PUBLIC_URL }, (webhook) => {
  const text = webhook.params.get('Body') ?? ''
  const answer = twiml`<Response><Message>You said: ${text}</Message></Response>`
  return new Response(answer, { headers: { 'Content-Type': 'text/xml' } })
})

// `bun handler.mjs`, `deno serve --allow-env handler.mjs` and Workers run this file.
export default { fetch }
