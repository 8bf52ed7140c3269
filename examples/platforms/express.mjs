import { twilioWebhook } from 'tollgate/express'

/** @type {import('tollgate/express').WebhookHandler} */
const answer = (_webhook, _req, res) => res.type('text/xml').send('<Response/>')

// #region firebase
// export const twilio = onRequest(firebase)
export const firebase = twilioWebhook(
  { publicUrl: 'https://us-central1-example.cloudfunctions.net/twilio', trailingSlash: 'either' },
  answer,
)
// #endregion

// #region firebase-hosting
// export const twilio = onRequest(firebaseHosting)
export const firebaseHosting = twilioWebhook({ publicUrl: 'https://example.web.app' }, answer)
// #endregion

// #region cloud-run
// app.post('/sms', cloudRun)
export const cloudRun = twilioWebhook({ publicUrl: 'https://example-abcdefghij-uc.a.run.app' }, answer)
// #endregion

// #region ngrok
// app.post('/sms', ngrok)
export const ngrok = twilioWebhook({ publicUrl: 'https://example.ngrok.app' }, answer)
// #endregion

// #region cloudflare-tunnel
// app.post('/sms', cloudflareTunnel)
export const cloudflareTunnel = twilioWebhook({ publicUrl: 'https://hooks.example.com' }, answer)
// #endregion
