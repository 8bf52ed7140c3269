import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { twilioAccountTokens } from 'tollgate/keys'

const { TWILIO_ACCOUNT_SID: accountSid = '', TWILIO_AUTH_TOKEN: authToken = '' } = process.env
const guard = twilioWebhook({ authToken: twilioAccountTokens({ accountSid, authToken }) })

export const app = express()
app.post('/sms', guard, (req, res) => {
  res.send(readWebhook(req).params.get('AccountSid'))
})
