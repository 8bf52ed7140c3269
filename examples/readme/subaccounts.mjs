import express from 'express'
import { twilioWebhook } from 'tollgate/express'

/** @param {(accountSid: string) => Promise<string | undefined>} findToken */
export function createApp(findToken) {
  const app = express()
  // #region lookup
  const guard = twilioWebhook({
    publicUrl: 'https://api.example.com',
    authToken: async ({ accountSid }) => accountSid && (await findToken(accountSid)),
  })
  // #endregion
  app.post('/sms', guard, (_req, res) => {
    res.send('ok')
  })
  return app
}
