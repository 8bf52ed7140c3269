import express from 'express'
import { webhook } from 'tollgate/compat'
import { captureRawBody, twilioWebhook } from 'tollgate/express'

export const app = express()

// #region raw-body
app.use(express.json({ limit: '1mb', verify: captureRawBody }))
// #endregion

app.post('/events', webhook({ host: 'api.example.com', protocol: 'https' }), (_req, res) => {
  res.sendStatus(204)
})

// #region shared-key
app.post('/calls', webhook({ sharedKeySecret: process.env.SHARED_KEY_SECRET }), (_req, res) => {
  res.type('text/xml').send('<Response/>')
})
// #endregion

// #region later
app.post('/sms', twilioWebhook({ publicUrl: 'https://api.example.com' }), (_req, res) => {
  res.type('text/xml').send('<Response/>')
})
// #endregion
