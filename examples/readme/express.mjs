import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { twiml } from 'tollgate/twiml'

const port = process.env.PORT ?? 3000
const publicUrl = 'https://api.example.com'

export const app = express()
app.post('/sms', twilioWebhook({ publicUrl }), (req, res) => {
  const reply = `You said ${readWebhook(req).params.get('Body')}`
  res.type('xml').send(twiml`<Response><Message>${reply}</Message></Response>`)
})
app.listen(port, () => console.log(`Listening on http://localhost:${port}`))
