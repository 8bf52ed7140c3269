import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { twilioWebhook } from 'tollgate/hono'
import { twiml } from 'tollgate/twiml'

const app = new Hono()

app.post('/sms', twilioWebhook({ publicUrl: process.env.TOLLGATE_PUBLIC_URL }), (c) => {
  const text = c.var.twilio.params.get('Body') ?? ''
  const answer = twiml`<Response><Message>You said: ${text}</Message></Response>`
  return c.body(answer, 200, { 'Content-Type': 'text/xml' })
})

// On Workers, Deno and Bun: `export default app`.
const port = Number(process.env.PORT ?? 3000)
serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () => console.log(`Listening on http://127.0.0.1:${port}`))
