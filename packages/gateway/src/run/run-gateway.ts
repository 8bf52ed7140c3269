import { runCluster } from './run-cluster.ts'
import type { RunHooks } from './signals.ts'
import { openSource, type Source } from './source.ts'

/**
 * Runs a gateway until SIGTERM or SIGINT: reloads on SIGHUP and when its file changes, and stops gracefully; a second signal stops it
 * at once. Rejects with a ConfigurationError, TypeError or RangeError for what is wrong at the start.
 */
export async function runGateway(source: Source, hooks: RunHooks): Promise<void> {
  const opened = openSource(source, hooks.tell)
  const loaded = await opened.load().finally(() => opened.close())
  await runCluster(source, loaded, hooks)
}
