import { once } from 'node:events'
import { unwatchFile, watchFile } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { showHidden } from 'tollgate/internal'
import { type LoadedConfiguration, loadConfiguration } from './config/load.ts'
import { createResources } from './config/resources.ts'
import { defaultTimeoutMs } from './config-snapshot.ts'
import { createObservedGateway } from './gateway.ts'
import { listenOnInherited, takeInheritedSockets } from './inherited-sockets.ts'
import { getLineWriter } from './line-writer.ts'
import { OwnEvents } from './own-events.ts'
import { isTracingConfigured, startTracing } from './tracing.ts'

/** The source of a gateway's options: a file that is watched, or options that do not change. */
export type Source = { readonly file: string } | { readonly loaded: LoadedConfiguration }

/** Receives the messages of a running gateway. */
export interface RunHooks {
  /**
   * Gets a message for people: the address, a reload, a problem. It never contains a secret.
   * Default: standard error. If that cannot be written, the message is lost and nothing stops.
   */
  readonly onMessage?: ((message: string) => void) | undefined
  /** The variables that a configuration file may name, such as those of keys. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** The time that a request may need after its end to release its delivery. */
const releaseMs = 1000

/**
 * The time for what a stop does after the last request: to release deliveries and to send spans.
 */
const closeMs = 2000

/**
 * Runs a gateway until SIGTERM or SIGINT, then stops it gracefully. A second signal stops it at
 * once. SIGHUP and a change of its file reload the configuration. Sockets that systemd passes
 * (`LISTEN_FDS`) replace the addresses of the configuration.
 * @param source The path of a configuration file, or a configuration that was loaded before.
 * @param hooks The receiver of messages, and the variables.
 * @returns a promise that resolves when the gateway has stopped, at most two seconds after its
 *   grace period
 * @throws ConfigurationError, TypeError or RangeError if the configuration is wrong at the start
 */
export async function runGateway(source: Source, hooks: RunHooks = {}): Promise<void> {
  const tell = hooks.onMessage ?? tellOperator
  const inherited = takeInheritedSockets()
  const events = new OwnEvents()
  events.on('crowded', (open, most) =>
    tell(
      `${open} connections of clients are open, and the limit of open files allows ${most}: refused and idle ones are closed. See docs/operations.md#sizing`,
    ),
  )
  const resources = createResources(hooks.env ?? process.env, tell, events)
  const load = async (): Promise<LoadedConfiguration> => {
    const loaded = 'file' in source ? await loadConfiguration(source.file, resources) : source.loaded
    return { ...loaded, options: listenOnInherited(loaded.options, inherited) }
  }
  let stopTracing: (() => Promise<void>) | undefined
  try {
    let { options, graceMs } = await load()
    if (isTracingConfigured()) stopTracing = await startTracing()
    const gateway = createObservedGateway(options, events)
    const { url, adminUrl, forwardAuthUrl } = await gateway.listen()
    resources.closeUnused()
    const reload = async (): Promise<void> => {
      if (!('file' in source)) {
        tell('Nothing was reloaded: without --config, flags and secrets are read only at the start')
        return
      }
      try {
        const next = await load().catch((error: unknown) => {
          events.emit('reload', 'refused')
          throw error
        })
        await gateway.reload(next.options)
        resources.closeUnused((options.timeoutMs ?? defaultTimeoutMs) + releaseMs)
        options = next.options
        graceMs = next.graceMs
        tell('The configuration was reloaded')
      } catch (error) {
        tell(`The configuration is unchanged. ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    const unfollow = followSource(source, reload)
    const stopped = waitForStopSignal()
    // Who reads these messages may send a signal at once.
    if (url) tell(`The gateway listens on ${url}`)
    if (forwardAuthUrl !== undefined) tell(`Forward-auth listens on ${forwardAuthUrl}`)
    if (adminUrl !== undefined) tell(`Health and metrics: ${adminUrl}`)
    await stopped
    unfollow()
    tell('Stopping. Requests that have begun are still answered')
    await gateway.close({ graceMs })
  } finally {
    const closed = Promise.allSettled([resources.closeAll(), stopTracing?.()])
    // A collector or a store that does not answer must not hold up the stop.
    await Promise.race([closed, sleep(closeMs, undefined, { ref: false })])
  }
}

/**
 * Checks a configuration as a start does, and listens on no address. It reads the keys, and tests
 * Redis if the configuration has it.
 * @param file The path of a YAML or JSON file.
 * @param hooks The receiver of messages, such as that Redis does not answer. That is no error,
 *   because a gateway would start. Default: standard error.
 * @throws ConfigurationError that names line and option
 */
export async function checkConfiguration(file: string, hooks: RunHooks = {}): Promise<void> {
  const resources = createResources(hooks.env ?? process.env, hooks.onMessage ?? tellOperator)
  try {
    await loadConfiguration(file, resources)
  } finally {
    await resources.closeAll()
  }
}

const tellOperator = (message: string): void => getLineWriter(2).write(`${showHidden(message)}\n`)

const pollMs = 1000

/** Calls `reload` on SIGHUP and when the file changes, one call after the other. */
function followSource(source: Source, reload: () => Promise<void>): () => void {
  let last = Promise.resolve()
  const onChange = (): void => {
    last = last.then(reload)
  }
  process.on('SIGHUP', onChange)
  // It polls, because network file systems and the links with which Kubernetes replaces mounted
  // files cause no events.
  if ('file' in source) watchFile(source.file, { interval: pollMs, persistent: false }, onChange)
  return () => {
    // Without a listener, SIGHUP would end the process at once.
    process.on('SIGHUP', () => undefined).off('SIGHUP', onChange)
    if ('file' in source) unwatchFile(source.file, onChange)
  }
}

/** Resolves at the first signal. The next one has no listener, so it ends the process. */
async function waitForStopSignal(): Promise<void> {
  const stop = new AbortController()
  await Promise.race([once(process, 'SIGTERM', stop), once(process, 'SIGINT', stop)])
  stop.abort()
}
