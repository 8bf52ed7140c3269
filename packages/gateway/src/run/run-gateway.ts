import { runCluster } from './run-cluster.ts'
import { serve } from './serve.ts'
import { describe, type RunHooks, raceSignal, untilStopped } from './signals.ts'
import { inTurn, openSource, type Source } from './source.ts'

/**
 * Runs a gateway until SIGTERM or SIGINT: reloads on SIGHUP and when its file changes, and stops gracefully; a second signal stops it
 * at once. Rejects with a ConfigurationError, TypeError or RangeError for what is wrong at the start.
 */
export async function runGateway(source: Source, hooks: RunHooks): Promise<void> {
  const opened = openSource(source, hooks.tell)
  const loaded = await opened.load().finally(() => opened.close())
  if (loaded.workers > 1) await runCluster(source, loaded, hooks)
  else await runAlone(source, hooks)
}

async function runAlone(source: Source, { tell }: RunHooks): Promise<void> {
  const serving = await serve(source, tell)
  tell(`The gateway listens on ${serving.url}`)
  if (serving.adminUrl !== undefined) tell(`Health and metrics: ${serving.adminUrl}`)
  const reload = inTurn(async () => {
    try {
      await serving.reload()
      tell('The configuration was reloaded')
    } catch (error) {
      tell(`The configuration stays as it was. ${describe(error)}`)
    }
  })
  await untilStopped(source, reload)
  tell('Stopping: requests under way get their answers')
  await raceSignal(serving.stop(), () => serving.gateway.close({ graceMs: 0 }))
}
