import express from 'express'
import { twilioWebhook } from 'tollgate/express'
import { cached } from 'tollgate/keys'

/** @param {(accountSid: string) => Promise<string | undefined>} findToken */
export function createApp(findToken) {
  const app = express()
  // #region lookup
  const guard = twilioWebhook({
    publicUrl: 'https://api.example.com',
    authToken: cached((accountSid) => findToken(accountSid)),
  })
  // #endregion
  app.post('/sms', guard, (_req, res) => {
    res.send('ok')
  })
  return app
}
