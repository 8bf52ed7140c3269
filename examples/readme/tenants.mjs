import express from 'express'
import { createVerifier, fromRequest } from 'tollgate'
import { readWebhook, twilioWebhook } from 'tollgate/express'

const tenants = new Map([
  ['shop.example', { accountSid: 'AC0123456789abcdef0123456789abcdef', authToken: '0123456789abcdef0123456789abcdef' }],
  [
    'clinic.example',
    { accountSid: 'ACfedcba9876543210fedcba9876543210', authToken: 'fedcba9876543210fedcba9876543210' },
  ],
])

// #region tenants
export const verifier = createVerifier({
  // Your database may answer instead: the function may be async.
  publicUrl: fromRequest({ allowedHosts: (host) => tenants.has(host) }),
  // With the account: a tenant could name another one in a request that it signs itself.
  authToken: ({ url }) => tenants.get(new URL(url).host),
})
// #endregion

export const app = express()
app.post('/sms', twilioWebhook({ verifier }), (req, res) => res.send(`Hello ${readWebhook(req).params.get('From')}`))
app.post(
  '/status',
  twilioWebhook({ verifier }, (_webhook, _req, res) => res.sendStatus(204)),
)
