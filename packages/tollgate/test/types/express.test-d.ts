import express from 'express'
import { captureRawBody, readWebhook, twilioWebhook } from '../../src/adapters/express.ts'
import type { Accepted, Observed } from '../../src/index.ts'
import type { createSendGridVerifier } from '../../src/schemes/sendgrid/index.ts'

// Middleware in five lines, without a cast.
const app = express()
app.post(
  '/sms',
  twilioWebhook({ publicUrl: 'https://example.com', authToken: process.env.TWILIO_AUTH_TOKEN }),
  (req, res) => {
    res.type('text/xml').send(`<Response><Message>${readWebhook(req).params.get('Body')}</Message></Response>`)
  },
)

// Options from a function, in observe mode, with paths.
app.use(twilioWebhook(() => ({ publicUrl: 'https://example.com', mode: 'observe', paths: ['/sms', /voice/] })))
app.use(twilioWebhook({ mode: 'observe', paths: '/sms' }), (req, _res, next) => {
  const webhook: Accepted | Observed = readWebhook(req)
  if (!webhook.ok) console.log(webhook.code)
  else console.log(webhook.covers, webhook.params.getAll('Body'))
  next()
})

// Without the guard there is no webhook, and another scheme's has other properties.
app.post('/sms', (req, res) => {
  // @ts-expect-error undefined on a route without the guard
  res.send(req.twilio.ok)
})
declare const sendgrid: ReturnType<typeof createSendGridVerifier>
app.post('/mail', twilioWebhook({ verifier: sendgrid }), (req, res) => {
  // @ts-expect-error SendGrid's webhooks have no parameters
  res.send(req.twilio?.params.get('Body'))
})
app.post(
  '/mail',
  twilioWebhook({ verifier: sendgrid }, (webhook, _req, res) => res.json(webhook.ok && webhook.events.length)),
)

// A mode that is known only at run time can be both.
declare const mode: 'enforce' | 'observe'
app.post(
  '/voice',
  twilioWebhook({ mode }, (webhook, _req, res) => res.send(webhook.ok ? webhook.covers : webhook.code)),
)

app.use(express.urlencoded({ extended: true, verify: captureRawBody }), express.json({ verify: captureRawBody }))
express.Router().use('/sms', twilioWebhook({}))

// @ts-expect-error misspelled
app.use(twilioWebhook({ authtoken: 'token' }))
// @ts-expect-error no such mode
app.use(twilioWebhook({ mode: 'off' }))
// @ts-expect-error a path is a string or a RegExp
app.use(twilioWebhook({ paths: [1] }))
app.use(twilioWebhook())

// The parameters of a path keep their types behind the guard, and in its handler form.
app.post('/sms/:tenant', twilioWebhook({}), (req, res) => res.send(req.params.tenant satisfies string))
app.post(
  '/sms/:tenant',
  twilioWebhook({}, (_webhook, req: express.Request<{ tenant: string }>, res) => res.send(req.params.tenant)),
)
const guard: express.RequestHandler = twilioWebhook({})
app
  .route('/sms/:tenant')
  .all(guard)
  .post(twilioWebhook({}), (req, res) => res.send(req.params.tenant))
