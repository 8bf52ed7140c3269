import Router from '@koa/router'
import Koa from 'koa'
import { twilioWebhook } from 'tollgate/koa'
import { twiml } from 'tollgate/twiml'

const router = new Router()

router.post('/sms', twilioWebhook({ publicUrl: process.env.TOLLGATE_PUBLIC_URL }), (ctx) => {
  const text = ctx.state.twilio.params.get('Body') ?? ''
  ctx.type = 'text/xml'
  ctx.body = twiml`<Response><Message>You said: ${text}</Message></Response>`
})

const app = new Koa()
app.use(router.routes())

const port = Number(process.env.PORT ?? 3000)
app.listen(port, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${port}`))
