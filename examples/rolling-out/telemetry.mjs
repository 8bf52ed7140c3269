// #region telemetry
import { metrics } from '@opentelemetry/api'
import { openTelemetryCounters, verdictCounters } from 'tollgate/counters'
import { twilioWebhook } from 'tollgate/express'

const count = openTelemetryCounters(metrics.getMeter('tollgate'))
const counters = verdictCounters()

export const webhook = twilioWebhook({
  onVerdict(verdict) {
    count(verdict)
    counters.onVerdict(verdict)
  },
})
// #endregion
