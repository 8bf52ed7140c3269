import { readOptions } from '../checks/options.ts'
import type { AnyAccepted, Rejected } from '../verdict.ts'
import { createKeyLabeller, type KeyLabeller, type KeyLabelOptions, keyLabelOptions } from './key-label.ts'

/** The part of a `Meter` of `@opentelemetry/api` that is used. */
export interface Meter {
  /**
   * @param name `tollgate.verdicts`.
   * @param options The description and the unit, `{request}`.
   */
  createCounter(name: string, options: { description: string; unit: string }): Counter
}

/** The part of a `Counter` of `@opentelemetry/api` that is used. */
export interface Counter {
  /**
   * @param value 1 for each verdict.
   * @param attributes The attributes of the verdict, each from a closed set.
   */
  add(value: number, attributes: Record<string, string>): void
}

/**
 * Counts verdicts with OpenTelemetry: `onVerdict:
 * openTelemetryCounters(metrics.getMeter('tollgate'))`.
 *
 * There is one counter, `tollgate.verdicts`, with the attribute `tollgate.outcome` (`accepted` or
 * `refused`). An accepted request also has `tollgate.key`, `tollgate.algorithm`, `tollgate.covers` and
 * `tollgate.delivery` if a replay guard looked at it; a refused one has `tollgate.code`. All values
 * come from closed sets, so the number of time series is bounded.
 * @param meter A `Meter` of `@opentelemetry/api`.
 * @param given The ids of the SharedKeys that may be a label. Default: none is named.
 * @returns a function for the `onVerdict` option
 * @throws TypeError if the meter has no `createCounter`, if an option is unknown, or if
 *   `sharedKeyIds` is not a list of strings; RangeError if `sharedKeyIds` has more than 100.
 */
export function openTelemetryCounters(
  meter: Meter,
  given: KeyLabelOptions = {},
): (verdict: AnyAccepted | Rejected) => void {
  if (typeof (Object(meter) as Partial<Meter>).createCounter !== 'function')
    throw new TypeError('openTelemetryCounters needs a Meter, such as metrics.getMeter of @opentelemetry/api returns')
  const labelKey = createKeyLabeller(readOptions(given, keyLabelOptions, 'openTelemetryCounters'))
  const counter = meter.createCounter('tollgate.verdicts', {
    description: 'Requests whose Twilio signature was checked',
    unit: '{request}',
  })
  return (verdict) => counter.add(1, toAttributes(verdict, labelKey))
}

function toAttributes(verdict: AnyAccepted | Rejected, labelKey: KeyLabeller): Record<string, string> {
  if (!verdict.ok) return { 'tollgate.outcome': 'refused', 'tollgate.code': verdict.code }
  return {
    'tollgate.outcome': 'accepted',
    'tollgate.key': labelKey(verdict.matched.key),
    'tollgate.algorithm': verdict.matched.algorithm,
    'tollgate.covers': verdict.covers,
    ...(verdict.delivery !== undefined && { 'tollgate.delivery': verdict.delivery }),
  }
}
