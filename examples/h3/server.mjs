import { defineHandler, H3, serve } from 'h3'
import { readWebhook, twilioWebhook } from 'tollgate/h3'
import { twiml } from 'tollgate/twiml'

const app = new H3()
const guard = twilioWebhook({ publicUrl: process.env.TOLLGATE_PUBLIC_URL })

app.post(
  '/sms',
  defineHandler({
    middleware: [guard],
    handler(event) {
      const text = readWebhook(event.context).params.get('Body') ?? ''
      event.res.headers.set('Content-Type', 'text/xml')
      return twiml`<Response><Message>You said: ${text}</Message></Response>`
    },
  }),
)

const port = Number(process.env.PORT ?? 3000)
const server = serve(app, { hostname: '127.0.0.1', port, silent: true })
await server.ready()
console.log(`Listening on http://127.0.0.1:${port}`)
