import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'

/** The accounts of the tenants, by their id. */
const accounts = new Map([
  ['7', 'AC0123456789abcdef0123456789abcdef'],
  ['8', 'ACfedcba9876543210fedcba9876543210'],
])
/** Auth Tokens by AccountSid. */
const authToken = new Map([
  ['AC0123456789abcdef0123456789abcdef', '00112233445566778899aabbccddee07'],
  ['ACfedcba9876543210fedcba9876543210', '00112233445566778899aabbccddee08'],
])

export const app = express()
const guard = twilioWebhook({ publicUrl: 'https://api.example.com', authToken })

// Tenant 7 configures https://api.example.com/tenants/7/sms at Twilio.
app.post('/tenants/:id/sms', guard, (req, res) => {
  const { accountSid } = readWebhook(req)
  // Tenant 8 can sign a request to this URL too, with its own token.
  const isOwn = accountSid !== undefined && accountSid === accounts.get(req.params.id)
  res
    .status(isOwn ? 200 : 403)
    .type('text/xml')
    .send('<Response/>')
})
