import { checkKnownOptions } from '../known-options.ts'
import type { Verdict } from '../verdict.ts'
import { createKeyLabeller, type KeyLabeller, type KeyLabelOptions } from './key-label.ts'

/** What is used of a `Meter` of `@opentelemetry/api`. */
export interface Meter {
  createCounter(name: string, options: { description: string; unit: string }): Counter
}

export interface Counter {
  add(value: number, attributes: Record<string, string>): void
}

/**
 * Counts verdicts with OpenTelemetry: `onVerdict: openTelemetryCounters(metrics.getMeter('tollgate'))`. One counter,
 * `tollgate.verdicts`, with the attributes `tollgate.outcome` (`accepted` or `refused`); for an accepted request `tollgate.key`,
 * `tollgate.algorithm`, `tollgate.covers` and `tollgate.replayed`; for a refused one `tollgate.code`. All values come from closed sets.
 * @throws TypeError when the meter has no `createCounter`, for an unknown option, or for SharedKey ids that are no list of strings.
 */
export function openTelemetryCounters(meter: Meter, options: KeyLabelOptions = {}): (verdict: Verdict) => void {
  if (typeof (Object(meter) as Partial<Meter>).createCounter !== 'function')
    throw new TypeError('openTelemetryCounters needs a Meter, as metrics.getMeter of @opentelemetry/api gives it')
  checkKnownOptions(options, { sharedKeyIds: true }, 'openTelemetryCounters')
  const labelKey = createKeyLabeller(options)
  const counter = meter.createCounter('tollgate.verdicts', {
    description: 'Requests whose Twilio signature was checked',
    unit: '{request}',
  })
  return (verdict) => counter.add(1, toAttributes(verdict, labelKey))
}

function toAttributes(verdict: Verdict, labelKey: KeyLabeller): Record<string, string> {
  if (!verdict.ok) return { 'tollgate.outcome': 'refused', 'tollgate.code': verdict.code }
  return {
    'tollgate.outcome': 'accepted',
    'tollgate.key': labelKey(verdict.matched.key),
    'tollgate.algorithm': verdict.matched.algorithm,
    'tollgate.covers': verdict.covers,
    'tollgate.replayed': String(verdict.replayed),
  }
}
