import { twilioWebhook } from 'tollgate/express'

/** @type {import('tollgate/express').WebhookHandler} */
const answer = (_webhook, _req, res) => res.type('text/xml').send('<Response/>')

// #region heroku
// app.post('/sms', heroku)
export const heroku = twilioWebhook({ publicUrl: 'https://example-0123456789ab.herokuapp.com' }, answer)
// #endregion

// #region render
// app.post('/sms', render)
export const render = twilioWebhook({ publicUrl: 'https://example.onrender.com' }, answer)
// #endregion

// #region fly
// app.post('/sms', fly)
export const fly = twilioWebhook({ publicUrl: 'https://example.fly.dev' }, answer)
// #endregion
