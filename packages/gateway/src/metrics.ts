import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { redisDuration, redisUp } from './redis-metrics.ts'
import type { Report } from './report.ts'

/** The Prometheus metrics of one gateway. */
export interface Metrics {
  readonly registry: Registry
  /** Counts one request. */
  report(report: Report): void
}

/** Numbers that others count. */
type Counts = Readonly<Record<'requests' | 'tunnels' | 'droppedLines' | 'sampledLines', () => number>>

/**
 * Creates the metrics. All labels come from closed sets: codes, statuses, `by`, configured routes.
 */
export function createMetrics(counts: Counts): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  registry.registerMetric(redisUp)
  registry.registerMetric(redisDuration)
  const verdicts = new Counter({
    name: 'tollgate_verdicts_total',
    help: 'Requests by the code of their verdict; "accepted" for genuine ones.',
    labelNames: ['code', 'route'] as const,
    registers,
  })
  const responses = new Counter({
    name: 'tollgate_responses_total',
    help: 'Answers by status and sender; status 0 if the client disconnected first.',
    labelNames: ['status', 'by'] as const,
    registers,
  })
  const duration = new Histogram({
    name: 'tollgate_request_duration_seconds',
    help: 'Seconds from the head of a request to the last byte of its answer, by sender of the answer.',
    labelNames: ['by'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
    registers,
  })
  const addGauge = (name: string, help: string, count: () => number): unknown =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(count())
      },
    })
  new Counter({
    name: 'tollgate_log_lines_dropped_total',
    help: 'Lines of the log that were not written: "output" cannot be written, or "sampled" because of a flood.',
    labelNames: ['reason'] as const,
    registers,
    collect() {
      this.reset()
      this.inc({ reason: 'output' }, counts.droppedLines())
      this.inc({ reason: 'sampled' }, counts.sampledLines())
    },
  })
  addGauge('tollgate_requests_in_flight', 'Requests that have not been answered yet.', counts.requests)
  addGauge('tollgate_websockets_open', 'Open WebSocket tunnels and unanswered handshakes.', counts.tunnels)
  return {
    registry,
    report({ code, route = '', status, by, ms }) {
      verdicts.inc({ code, route })
      responses.inc({ status, by })
      duration.observe({ by }, ms / 1000)
    },
  }
}
