import { unwatchFile, watchFile } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LoadedConfiguration, loadConfiguration } from './config/load.ts'
import { createResources, type Resources } from './config/resources.ts'
import { defaultTimeoutMs } from './config-snapshot.ts'
import { createGateway } from './gateway.ts'
import { listenOnInherited, takeInheritedSockets } from './inherited-sockets.ts'
import { getLineWriter } from './line-writer.ts'
import { isTracingConfigured, startTracing } from './tracing.ts'

/** The source of a gateway's options: a file that is watched, or options that do not change. */
export type Source = { readonly file: string } | { readonly loaded: LoadedConfiguration }

/** Receives the messages of a running gateway. */
export interface RunHooks {
  /**
   * Gets a message for people: the address, a reload, a problem. It never contains a secret.
   * Default: standard error. If that cannot be written, the message is lost and nothing stops.
   */
  readonly tell?: ((message: string) => void) | undefined
}

/** The time that a request may need after its end to release its delivery. */
const releaseMs = 1000

/** The time for what a stop does after the last request: to release deliveries and to send spans. */
const closeMs = 2000

/**
 * Runs a gateway until SIGTERM or SIGINT, then stops it gracefully. A second signal stops it at
 * once. SIGHUP and a change of its file reload the configuration. Sockets that systemd passes
 * (`LISTEN_FDS`) replace the addresses of the configuration.
 * @param source The path of a configuration file, or a configuration that was loaded before.
 * @returns a promise that resolves when the gateway has stopped, at most two seconds after its grace
 *   period
 * @throws ConfigurationError, TypeError or RangeError if the configuration is wrong at the start
 */
export async function runGateway(source: Source, hooks: RunHooks = {}): Promise<void> {
  const { tell = (message: string) => getLineWriter(2).write(`${message}\n`) } = hooks
  const inherited = takeInheritedSockets()
  const resources = createResources(process.env, tell)
  const load = async (): Promise<LoadedConfiguration> => {
    const loaded = await loadSource(source, resources)
    return { ...loaded, options: listenOnInherited(loaded.options, inherited) }
  }
  let stopTracing: (() => Promise<void>) | undefined
  const closeRest = async (): Promise<void> => {
    const closed = Promise.allSettled([resources.closeAll(), stopTracing?.()])
    // A collector or a store that does not answer must not hold up the stop.
    await Promise.race([closed, sleep(closeMs, undefined, { ref: false })])
  }
  try {
    let { options, graceMs } = await load()
    stopTracing = isTracingConfigured() ? await startTracing() : undefined
    const gateway = createGateway(options)
    const { url, adminUrl, forwardAuthUrl } = await gateway.listen()
    resources.closeUnused()
    if (url) tell(`The gateway listens on ${url}`)
    if (forwardAuthUrl !== undefined) tell(`Forward-auth listens on ${forwardAuthUrl}`)
    if (adminUrl !== undefined) tell(`Health and metrics: ${adminUrl}`)

    await reloadUntilStop(source, async () => {
      if (!('file' in source)) {
        tell('Nothing was reloaded: without --config, flags and secrets are read only at the start')
        return
      }
      try {
        const next = await load()
        await gateway.reload(next.options)
        resources.closeUnused((options.timeoutMs ?? defaultTimeoutMs) + releaseMs)
        options = next.options
        graceMs = next.graceMs
        tell('The configuration was reloaded')
      } catch (error) {
        tell(`The configuration is unchanged. ${error instanceof Error ? error.message : String(error)}`)
      }
    })
    tell('Stopping. Requests that have begun are still answered')
    await Promise.race([gateway.close({ graceMs }).then(closeRest), waitForStopSignal()])
  } catch (error) {
    await closeRest()
    throw error
  }
}

async function loadSource(source: Source, resources: Resources): Promise<LoadedConfiguration> {
  return 'file' in source ? await loadConfiguration(source.file, resources) : source.loaded
}

const pollMs = 1000

/** Reloads on SIGHUP and on changes of the file. Resolves at the first signal to stop. */
async function reloadUntilStop(source: Source, work: () => Promise<void>): Promise<void> {
  const reload = runInTurn(work)
  process.on('SIGHUP', reload)
  // It polls, because network file systems and the links with which Kubernetes replaces mounted
  // files cause no events.
  if ('file' in source) watchFile(source.file, { interval: pollMs, persistent: false }, reload)
  await waitForStopSignal()
  if ('file' in source) unwatchFile(source.file, reload)
  // Without a listener, SIGHUP would end the process at once.
  process.off('SIGHUP', reload)
  process.on('SIGHUP', () => undefined)
}

/** Runs calls one after the other. Calls that arrive during a run cause one more run. */
function runInTurn(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let isWanted = false
  const run = async (): Promise<void> => {
    do {
      isWanted = false
      await work()
    } while (isWanted)
    running = undefined
  }
  return () => {
    if (running === undefined) running = run()
    else isWanted = true
    return running
  }
}

function waitForStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const onSignal = (): void => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, onSignal)
      resolve()
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal)
  })
}
