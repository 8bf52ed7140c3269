import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { answerTexts } from './answers.ts'
import { type MetricRow, metricRows } from './metric-rows.ts'
import type { OwnEvents } from './own-events.ts'
import type { Report } from './report.ts'

/** Numbers that others count. */
export type Counts = Readonly<Record<'requests' | 'tunnels' | 'droppedLines' | 'sampledLines', () => number>>

/**
 * Creates the metrics. All labels come from closed sets: codes, statuses, `by`, configured routes.
 */
export function createMetrics(counts: Counts, events: OwnEvents) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const create = createIn(registry)
  const verdicts = create.counter(metricRows.verdicts)
  const responses = create.counter(metricRows.responses)
  // 0 from the start, as the known labels of the rows.
  for (const status of ['0', ...Object.keys(answerTexts)]) responses.inc({ status, by: 'gateway' }, 0)
  const duration = create.histogram(metricRows.duration)
  const upstream = create.histogram(metricRows.upstream)
  create.counter(metricRows.droppedLines, (counter) => {
    counter.reset()
    counter.inc({ reason: 'output' }, counts.droppedLines())
    counter.inc({ reason: 'sampled' }, counts.sampledLines())
  })
  create.gauge(metricRows.inFlight, (gauge) => gauge.set(counts.requests()))
  create.gauge(metricRows.webSockets, (gauge) => gauge.set(counts.tunnels()))

  const reloads = create.counter(metricRows.reloads)
  const reloadState = create.gauge(metricRows.reloadState)
  reloadState.set(1)
  events.on('reload', (result) => {
    reloads.inc({ result })
    reloadState.set(result === 'applied' ? 1 : 0)
  })

  const keyFiles = (): readonly { readAt: number; isRefused: boolean }[] => [...events.keyFiles]
  const keysReadAt = create.gauge(metricRows.keysReadAt, (gauge) => {
    gauge.remove({ source: 'file' })
    if (events.keyFiles.size > 0)
      gauge.set({ source: 'file' }, Math.min(...keyFiles().map(({ readAt }) => readAt)) / 1000)
  })
  create.gauge(metricRows.keyFilesRefused, (gauge) => gauge.set(keyFiles().filter(({ isRefused }) => isRefused).length))
  const lookUps = create.histogram(metricRows.lookUps)
  events.on('lookUp', (result, seconds) => {
    lookUps.observe({ result }, seconds)
    if (result === 'found' || result === 'unknown') keysReadAt.setToCurrentTime({ source: 'twilio' })
  })
  const lookUpFailures = create.counter(metricRows.lookUpFailures)
  events.on('lookUpFailure', () => lookUpFailures.inc())

  create.gauge(metricRows.redisUp, (gauge) => {
    for (const [kind, isUp] of events.redisUp) gauge.set({ kind }, isUp ? 1 : 0)
  })
  const redisDuration = create.histogram(metricRows.redisDuration)
  events.on('redisCommand', (result, seconds) => redisDuration.observe({ result }, seconds))

  return {
    registry,
    /** Counts one request. */
    report({ code, route = '', status, by, ms, result, upstreamMs }: Report): void {
      verdicts.inc({ code, route })
      // Its status promised a whole answer.
      responses.inc({ status: result === 'broken' ? result : status, by })
      duration.observe({ by }, ms / 1000)
      if (upstreamMs !== undefined) upstream.observe({ result }, upstreamMs / 1000)
    },
  }
}

/** Creates the metrics of rows, with their known labels at 0. */
function createIn(registry: Registry) {
  const registers = [registry]
  const toOptions = ({ name, help, labels = {} }: MetricRow) => ({
    name,
    help,
    registers,
    labelNames: Object.keys(labels),
  })
  return {
    counter(row: MetricRow, collect?: (counter: Counter) => void): Counter {
      const counter: Counter = new Counter({ ...toOptions(row), ...(collect && { collect: () => collect(counter) }) })
      for (const labels of listKnownLabels(row)) counter.inc(labels, 0)
      return counter
    },
    gauge(row: MetricRow, collect?: (gauge: Gauge) => void): Gauge {
      const gauge: Gauge = new Gauge({ ...toOptions(row), ...(collect && { collect: () => collect(gauge) }) })
      return gauge
    },
    histogram(row: MetricRow): Histogram {
      const histogram = new Histogram({ ...toOptions(row), buckets: [...(row.buckets ?? [])] })
      for (const labels of listKnownLabels(row)) histogram.zero(labels)
      return histogram
    },
  }
}

/** Returns the values of the label of a row, if all are known. Such a row has one label. */
function listKnownLabels({ labels = {} }: MetricRow): readonly Record<string, string>[] {
  return Object.entries(labels).flatMap(([name, values]) =>
    values === 'open' ? [] : values.map((value) => ({ [name]: value })),
  )
}
