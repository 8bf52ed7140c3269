// #region telemetry
import { metrics } from '@opentelemetry/api'
import { twilioWebhook } from 'tollgate/express'

const verdicts = metrics.getMeter('tollgate').createCounter('twilio.webhooks')
/** @param {{ kind: string, index?: number }} key */
const nameKey = ({ kind, index }) => `${kind}${index ?? ''}`

export const webhook = twilioWebhook({
  onVerdict: (verdict) =>
    verdicts.add(1, verdict.ok ? { code: 'accepted', key: nameKey(verdict.matched.key) } : { code: verdict.code }),
})
// #endregion
