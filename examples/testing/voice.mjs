import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { twiml } from 'tollgate/twiml'

/** @param {{ publicUrl?: string, authToken?: string }} options */
export function makeApp(options) {
  const app = express()
  app.use(twilioWebhook(options))
  app.post('/voice', (_req, res) => {
    const menu = twiml.fragment`<Gather action="/menu" numDigits="1"><Say>Press 1 for sales.</Say></Gather>`
    res.type('text/xml').send(twiml`<Response>${menu}<Say>Goodbye.</Say></Response>`)
  })
  app.post('/menu', (_req, res) => {
    res.type('text/xml').send(twiml`<Response><Dial action="/dialled">+15550001</Dial></Response>`)
  })
  app.post('/dialled', (req, res) => {
    const isBusy = readWebhook(req).params.get('DialCallStatus') === 'busy'
    const text = isBusy ? 'All lines are busy.' : 'Thank you for your call.'
    res.type('text/xml').send(twiml`<Response><Say>${text}</Say></Response>`)
  })
  app.post('/sms', (req, res) => {
    const { params } = readWebhook(req)
    res.type('text/xml').send(twiml`<Response><Message>You said: ${params.get('Body')}</Message></Response>`)
  })
  return app
}
