import { readOptions } from '../checks/options.ts'
import type { SendGridVerdict } from '../sendgrid/verifier.ts'
import type { Verdict } from '../verdict.ts'
import { createKeyLabeller, type KeyLabeller, type KeyLabelOptions, keyLabelOptions } from './key-label.ts'

/** The part of a `Meter` of `@opentelemetry/api` that is used. */
export interface Meter {
  createCounter(name: string, options: { description: string; unit: string }): Counter
}

/** The part of a `Counter` of `@opentelemetry/api` that is used. */
export interface Counter {
  add(value: number, attributes: Record<string, string>): void
}

/**
 * Counts verdicts with OpenTelemetry: `onVerdict:
 * openTelemetryCounters(metrics.getMeter('tollgate'))`.
 *
 * There is one counter, `tollgate.verdicts`, with the attribute `tollgate.outcome` (`accepted` or
 * `refused`). An accepted request also has `tollgate.key`, `tollgate.delivery` if a replay guard
 * looked at it and, unless it is SendGrid's, `tollgate.algorithm` and `tollgate.covers`; a refused
 * one has `tollgate.code`. All values come from closed sets, so the number of time series is
 * bounded.
 * @param meter A `Meter` of `@opentelemetry/api`.
 * @returns a function for the `onVerdict` option
 * @throws TypeError if the meter has no `createCounter`, if an option is unknown, or if
 *   `sharedKeyIds` is not a list of strings; RangeError if `sharedKeyIds` has more than 100.
 */
export function openTelemetryCounters(
  meter: Meter,
  given: KeyLabelOptions = {},
): (verdict: Verdict | SendGridVerdict) => void {
  if (typeof (Object(meter) as Partial<Meter>).createCounter !== 'function')
    throw new TypeError('openTelemetryCounters needs a Meter, such as metrics.getMeter of @opentelemetry/api returns')
  const labelKey = createKeyLabeller(readOptions(given, keyLabelOptions, 'openTelemetryCounters'))
  const counter = meter.createCounter('tollgate.verdicts', {
    description: 'Requests whose Twilio signature was checked',
    unit: '{request}',
  })
  return (verdict) => counter.add(1, toAttributes(verdict, labelKey))
}

function toAttributes(verdict: Verdict | SendGridVerdict, labelKey: KeyLabeller): Record<string, string> {
  if (!verdict.ok) return { 'tollgate.outcome': 'refused', 'tollgate.code': verdict.code }
  return {
    'tollgate.outcome': 'accepted',
    'tollgate.key': labelKey(verdict.matched.key),
    ...('covers' in verdict && {
      'tollgate.algorithm': verdict.matched.algorithm,
      'tollgate.covers': verdict.covers,
    }),
    ...(verdict.delivery !== undefined && { 'tollgate.delivery': verdict.delivery }),
  }
}
