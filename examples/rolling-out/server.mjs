// #region observe
import express from 'express'
import { Counter, register } from 'prom-client'
import { readWebhook, twilioWebhook } from 'tollgate/express'

const verdicts = new Counter({
  name: 'twilio_webhooks_total',
  help: 'Verdicts on webhooks',
  labelNames: ['code', 'key'],
})
/** @param {{ kind: string, index?: number }} key */
const nameKey = ({ kind, index }) => `${kind}${index ?? ''}`

const app = express()
app.use(
  '/twilio',
  twilioWebhook({
    mode: 'observe',
    onVerdict: (verdict) =>
      verdicts.inc(verdict.ok ? { code: 'accepted', key: nameKey(verdict.matched.key) } : { code: verdict.code }),
  }),
)
app.get('/internal/metrics', async (_req, res) => res.type('text').send(await register.metrics()))
// #endregion

// Another route counts with OpenTelemetry.
const { webhook } = await import('./telemetry.mjs')

app.use('/twilio', (req, res) => res.send(readWebhook(req).ok ? 'verified' : 'observed'))
app.use('/enforced', webhook, (_req, res) => res.send('verified'))

export const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
