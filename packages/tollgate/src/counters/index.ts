export type { KeyLabelOptions } from './key-label.ts'
export { type Counter, type Meter, openTelemetryCounters } from './open-telemetry.ts'
export type { CodeCount, DropAnswer, EnforceAnswer, KeyCount, VerdictSummary } from './summary.ts'
export { type VerdictCounters, type VerdictCountersOptions, verdictCounters } from './verdict-counters.ts'
