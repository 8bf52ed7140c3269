import { AggregatorRegistry, type Registry } from 'prom-client'
import { createMeasuredGateway, type Gateway } from '../gateway.ts'
import { isTracingConfigured, startTracing } from '../tracing.ts'
import { openSource, type Source } from './source.ts'

/** A gateway that serves from a source. */
export interface Serving {
  readonly url: string
  readonly adminUrl: string | undefined
  readonly forwardAuthUrl: string | undefined
  readonly gateway: Gateway
  readonly graceMs: number
  /** Reads the source again. Rejects and changes nothing if the configuration is wrong. */
  reload(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a gateway from its source, in this process.
 * @param share true if another process has the admin listener and aggregates the metrics
 */
export async function serve(source: Source, onProblem: (message: string) => void, share = false): Promise<Serving> {
  const stopTracing = isTracingConfigured() ? await startTracing() : undefined
  const opened = openSource(source, onProblem)
  try {
    const { options, graceMs } = await opened.load()
    const isMeasured = options.admin !== undefined && options.admin !== false
    const { gateway, metrics } = createMeasuredGateway(
      share ? { ...options, admin: false } : options,
      share && isMeasured,
    )
    if (share && metrics !== undefined) shareMetrics(metrics.registry)
    const bound = await gateway.listen()
    opened.settle()
    return {
      ...bound,
      gateway,
      graceMs,
      async reload() {
        const next = await opened.load()
        await gateway.reload(share ? { ...next.options, admin: false } : next.options)
        opened.settle()
      },
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

function shareMetrics(registry: Registry): void {
  AggregatorRegistry.setRegistries([registry as Registry])
  // In a worker, its constructor installs the listener that answers the primary's requests.
  new AggregatorRegistry()
}
