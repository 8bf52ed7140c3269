import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { kindOf } from 'tollgate/params'
import { twiml } from 'tollgate/twiml'

const port = Number(process.env.PORT ?? 3000)
const publicUrl = process.env.TOLLGATE_PUBLIC_URL ?? `http://127.0.0.1:${port}`

const app = express()

// The Auth Token comes from TWILIO_AUTH_TOKEN.
app.post('/sms', twilioWebhook({ publicUrl, onVerdict: logVerdict }), (req, res) => {
  const text = readWebhook(req).params.get('Body') ?? ''
  res.type('text/xml').send(twiml`<Response><Message>You said: ${text}</Message></Response>`)
})

export const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error
  console.log(`Listening on http://127.0.0.1:${port}, known to Twilio as ${publicUrl}`)
})

/**
 * @param {import('tollgate').Verdict} verdict
 * @param {import('tollgate').IncomingRequest} request
 */
function logVerdict(verdict, { method, url }) {
  if (!verdict.ok) return console.log(`refused   ${method} ${url}  ${verdict.code}  ${verdict.status}`)
  const { key } = verdict.matched
  const kind = kindOf(verdict.params) ?? 'webhook'
  const name = key.kind === 'auth_token' ? key.index : key.id
  console.log(`accepted  ${method} ${url}  ${kind}  covers ${verdict.covers}  matched ${key.kind} ${name}`)
}
