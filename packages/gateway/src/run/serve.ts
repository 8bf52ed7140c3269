import type { MetricObjectWithValues, MetricValue } from 'prom-client'
import { defaultTimeoutMs } from '../config-snapshot.ts'
import { createMeasuredGateway } from '../gateway.ts'
import { isTracingConfigured, startTracing } from '../tracing.ts'
import { openSource, type Source } from './source.ts'

/** A gateway that serves from a source. */
export interface Serving {
  /** Empty without routes. */
  readonly url: string
  readonly forwardAuthUrl: string | undefined
  /** Reads the source again. Rejects and changes nothing if the configuration is wrong. */
  reload(): Promise<void>
  /** Returns the metrics as data, for the primary process. None if the admin listener is off. */
  readMetrics(): Promise<WorkerMetrics>
  stop(): Promise<void>
}

/** The metrics of one worker, as prom-client aggregates them. */
export type WorkerMetrics = readonly MetricObjectWithValues<MetricValue<string>>[]

/** The time that a request may need after its end to release its delivery. */
const releaseMs = 1000

/**
 * Starts a gateway from its source, in this worker. The primary process has the admin listener and
 * aggregates the metrics.
 */
export async function serve(source: Source, onProblem: (message: string) => void): Promise<Serving> {
  const stopTracing = isTracingConfigured() ? await startTracing() : undefined
  const opened = openSource(source, onProblem)
  try {
    const first = await opened.load()
    const { options } = first
    let { graceMs } = first
    let timeoutMs = options.timeoutMs ?? defaultTimeoutMs
    const isMeasured = options.admin !== undefined && options.admin !== false
    const { gateway, metrics } = createMeasuredGateway({ ...options, admin: false }, isMeasured)
    const { url, forwardAuthUrl } = await gateway.listen()
    opened.settle()
    return {
      url,
      forwardAuthUrl,
      async reload() {
        const next = await opened.load()
        await gateway.reload({ ...next.options, admin: false })
        graceMs = next.graceMs
        opened.settle(timeoutMs + releaseMs)
        timeoutMs = next.options.timeoutMs ?? defaultTimeoutMs
      },
      readMetrics: async () => (await metrics?.registry.getMetricsAsJSON()) ?? [],
      async stop() {
        await gateway.close({ graceMs })
        await opened.close()
        await stopTracing?.()
      },
    }
  } catch (error) {
    await opened.close()
    await stopTracing?.()
    throw error
  }
}
