// #region observe
import express from 'express'
import { verdictCounters } from 'tollgate/counters'
import { readWebhook, twilioWebhook } from 'tollgate/express'

const app = express()
const counters = verdictCounters()

app.use('/twilio', twilioWebhook({ mode: 'observe', onVerdict: counters.onVerdict }))
app.get('/internal/twilio', (_req, res) => res.type('text').send(counters.summary().text))
// #endregion

// Another route uses both kinds of counters.
const { webhook } = await import('./telemetry.mjs')

app.use('/twilio', (req, res) => res.send(readWebhook(req).ok ? 'verified' : 'observed'))
app.use('/enforced', webhook, (_req, res) => res.send('verified'))

export const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
