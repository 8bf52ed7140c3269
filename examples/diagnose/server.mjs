import express from 'express'
// #region option
import { diagnose } from 'tollgate/diagnose'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { twiml } from 'tollgate/twiml'

/** @type {import('tollgate').VerifierOptions} */
const options = {
  publicUrl: process.env.TOLLGATE_PUBLIC_URL ?? 'http://127.0.0.1:3000',
  // Explains each rejection on standard error. In production it only says that it is off.
  diagnose,
}
// #endregion

const port = Number(process.env.PORT ?? 3000)
const app = express()

app.post('/sms', twilioWebhook(options), (req, res) => {
  const text = readWebhook(req).params.get('Body') ?? ''
  res.type('text/xml').send(twiml`<Response><Message>You said: ${text}</Message></Response>`)
})

export const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error
  console.log(`Listening on http://127.0.0.1:${port}, known to Twilio as ${options.publicUrl}`)
})
