import express from 'express'
import { diagnose } from 'tollgate/diagnose'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { twiml } from 'tollgate/twiml'

const port = process.env.PORT ?? 3000
const publicUrl = process.env.TOLLGATE_PUBLIC_URL ?? 'https://api.example.com'

export const app = express()
app.post('/sms', twilioWebhook({ publicUrl, diagnose }), (req, res) => {
  const reply = `You said ${readWebhook(req).params.get('Body')}`
  res.type('xml').send(twiml`<Response><Message>${reply}</Message></Response>`)
})
app.listen(port, () => console.log(`Listening on http://localhost:${port}`))
