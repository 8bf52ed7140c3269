import { node } from '@elysiajs/node'
import { Elysia } from 'elysia'
import { twilioWebhook } from 'tollgate/elysia'
import { twiml } from 'tollgate/twiml'

const app = new Elysia({ adapter: node() }) // on Bun: new Elysia({ systemRouter: false })
  .use(twilioWebhook({ publicUrl: process.env.TOLLGATE_PUBLIC_URL }))
  .post(
    '/sms',
    ({ twilio }) => {
      const text = twilio.params.get('Body') ?? ''
      const answer = twiml`<Response><Message>You said: ${text}</Message></Response>`
      return new Response(answer, { headers: { 'content-type': 'text/xml' } })
    },
    { twilio: true },
  )

const port = Number(process.env.PORT ?? 3000)
app.listen({ hostname: '127.0.0.1', port }, () => console.log(`Listening on http://127.0.0.1:${port}`))
