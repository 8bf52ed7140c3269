// #region app
import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { isStop } from 'tollgate/params'
import { twiml } from 'tollgate/twiml'

/** @param {{ publicUrl?: string, authToken?: string }} options */
export function makeApp(options) {
  const app = express()
  app.post('/sms', twilioWebhook(options), (req, res) => {
    const { params } = readWebhook(req)
    const text = isStop(params) ? 'Good bye.' : `You said: ${params.get('Body')}`
    res.type('text/xml').send(twiml`<Response><Message>${text}</Message></Response>`)
  })
  return app
}
// #endregion
