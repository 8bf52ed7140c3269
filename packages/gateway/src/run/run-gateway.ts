import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AggregatorRegistry } from 'prom-client'
import { createAdminServer } from '../admin.ts'
import type { LoadedConfiguration } from '../config/load.ts'
import { bind } from '../server.ts'
import type { Serving, WorkerMetrics } from './serve.ts'
import { describeError, followSource, openSource, type Source } from './source.ts'

/** Receives the messages of a running gateway. */
export interface RunHooks {
  /** Gets a message for people: the address, a reload, a problem. It never contains a secret. */
  tell(message: string): void
}

/**
 * Runs a gateway until SIGTERM or SIGINT, then stops it gracefully. A second signal stops it at
 * once. SIGHUP and a change of its file reload the configuration.
 * @param source The path of a configuration file, or a configuration that was loaded before.
 * @param hooks Receives the messages for people.
 * @returns a promise that resolves when the gateway has stopped
 * @throws ConfigurationError, TypeError or RangeError if the configuration is wrong at the start
 */
export async function runGateway(source: Source, hooks: RunHooks): Promise<void> {
  const opened = openSource(source, hooks.tell)
  const loaded = await opened.load().finally(() => opened.close())
  await runCluster(source, loaded, hooks)
}

/** A message from the primary process to a worker. */
export type ToWorker =
  | { readonly do: 'serve'; readonly source: Source }
  | { readonly do: 'reload' | 'metrics' | 'stop' }

/** The addresses of a worker. */
type Bound = Pick<Serving, 'url' | 'forwardAuthUrl'>

/** A message from a worker to the primary process. */
export type FromWorker =
  | { readonly is: 'listening' }
  | { readonly is: 'ready'; readonly bound: Bound }
  | { readonly is: 'failed'; readonly message: string }
  | { readonly is: 'message'; readonly message: string }
  | { readonly is: 'metrics'; readonly metrics: WorkerMetrics }

const restartMs = 1000

// V8 collects a larger young generation less often, and more objects of ended requests are dead by
// then.
const workerFlags = ['--max-semi-space-size=32']

/**
 * Runs the gateway in one or more processes that share a listener. A worker that ends is replaced.
 */
async function runCluster(source: Source, loaded: LoadedConfiguration, { tell }: RunHooks): Promise<void> {
  // Workers accept connections themselves. If the primary passed them on, a worker without a free
  // file descriptor would lose one, and the primary would never stop waiting for it.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  cluster.setupPrimary({ exec: fileURLToPath(new URL('./worker.js', import.meta.url)), execArgv: workerFlags })
  let isStopping = false
  const workers = new Set<Worker>()
  /** The workers that accept connections. */
  const serving = new Set<Worker>()

  async function startWorker(): Promise<Bound> {
    const worker = cluster.fork()
    workers.add(worker)
    const ended = once(worker, 'exit').then(() => {
      workers.delete(worker)
      serving.delete(worker)
    })
    const bound = await new Promise<Bound>((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        // Sent as a message, so that no secret is in the environment or the arguments of a process.
        // Before `listening`, the message would be lost.
        if (message.is === 'listening') worker.send({ do: 'serve', source } satisfies ToWorker)
        else if (message.is === 'ready') resolve(message.bound)
        else if (message.is === 'failed') reject(new TypeError(message.message))
        else if (message.is === 'message') tell(`Worker ${worker.id}: ${message.message}`)
      })
      ended.then(() => reject(new Error(`Worker ${worker.id} ended before it was ready`)))
    })
    serving.add(worker)
    ended.then(() => replace(worker))
    return bound
  }

  async function replace(lost: Worker): Promise<void> {
    while (!isStopping) {
      tell(`Worker ${lost.id} ended and is replaced`)
      await sleep(restartMs)
      try {
        if (!isStopping) await startWorker()
        return
      } catch (error) {
        tell(describeError(error))
      }
    }
  }

  function send(message: ToWorker): void {
    // Without a callback, a worker that just ended would make this an uncaught error.
    for (const worker of workers) worker.send(message, () => undefined)
  }

  async function stop(): Promise<void> {
    isStopping = true
    const ended = [...workers].map((worker) => once(worker, 'exit'))
    send({ do: 'stop' })
    await Promise.all(ended)
  }

  let closeAdmin: () => void
  try {
    const [bound] = await Promise.all(Array.from({ length: loaded.workers }, startWorker))
    const many = loaded.workers === 1 ? '' : ` with ${loaded.workers} workers`
    if (bound?.url) tell(`The gateway listens on ${bound.url}${many}`)
    if (bound?.forwardAuthUrl !== undefined)
      tell(`Forward-auth listens on ${bound.forwardAuthUrl}${bound.url ? '' : many}`)
    closeAdmin = await startAdmin(loaded, { isReady: () => !isStopping && serving.size > 0, serving }, tell)
  } catch (error) {
    isStopping = true
    for (const worker of workers) worker.kill('SIGKILL')
    throw error
  }
  const reload = runInTurn(async () => {
    if (!('file' in source)) {
      tell('Nothing was reloaded: without --config, flags and secrets are read only at the start')
      return
    }
    // Checked here first, so that either all workers reload or no worker does.
    const opened = openSource(source, tell)
    try {
      const changed = listChangesThatNeedRestart(loaded, await opened.load())
      if (changed.length > 0) {
        tell(`The configuration is unchanged. Restart the gateway to change ${changed.join(', ')}`)
        return
      }
      send({ do: 'reload' })
      tell('The configuration was reloaded')
    } catch (error) {
      tell(`The configuration is unchanged. ${describeError(error)}`)
    } finally {
      await opened.close()
    }
  })
  await reloadUntilStop(source, reload)
  tell('Stopping. Requests that have begun are still answered')
  await raceSignal(stop(), () => {
    for (const worker of workers) worker.kill('SIGKILL')
  })
  closeAdmin()
}

/** Returns the names of the options that differ, of those that are read only at the start. */
function listChangesThatNeedRestart(before: LoadedConfiguration, after: LoadedConfiguration): readonly string[] {
  const read = ({ workers, options: { listen, admin, forwardAuth } }: LoadedConfiguration) => ({
    listen: [listen?.host ?? '127.0.0.1', listen?.port ?? 8080, listen?.tls !== undefined],
    admin: admin && [admin.host ?? '127.0.0.1', admin.port ?? 0],
    workers,
    'forwardAuth.listen': forwardAuth && [forwardAuth.listen?.host ?? '127.0.0.1', forwardAuth.listen?.port ?? 8081],
  })
  const [old, now] = [read(before), read(after)]
  const names = Object.keys(old) as (keyof typeof old)[]
  return names.filter((name) => JSON.stringify(old[name] || undefined) !== JSON.stringify(now[name] || undefined))
}

async function startAdmin(
  { options: { admin = false } }: LoadedConfiguration,
  { isReady, serving }: { readonly isReady: () => boolean; readonly serving: ReadonlySet<Worker> },
  tell: RunHooks['tell'],
): Promise<() => void> {
  if (admin === false) return () => undefined
  const snapshots = new WeakMap<Worker, WorkerMetrics>()
  const server = createAdminServer({
    isReady,
    async readMetrics() {
      const workers = [...serving]
      await Promise.all(workers.map((worker) => askForMetrics(worker, snapshots)))
      const registry = AggregatorRegistry.aggregate(workers.map((worker) => [...(snapshots.get(worker) ?? [])]))
      return { text: await registry.metrics(), type: registry.contentType }
    },
  })
  tell(`Health and metrics: ${await bind(server, 'http', admin.host ?? '127.0.0.1', admin.port ?? 0)}`)
  return () => {
    server.closeAllConnections()
    server.close()
  }
}

const metricsMs = 1000

/**
 * Asks a worker for its metrics and keeps the answer. A worker that hangs counts with its last
 * answer, because the metrics are needed most when a worker is in trouble.
 */
async function askForMetrics(worker: Worker, snapshots: WeakMap<Worker, WorkerMetrics>): Promise<void> {
  let listener: ((message: FromWorker) => void) | undefined
  const answered = new Promise<void>((resolve) => {
    listener = (message) => {
      if (message.is !== 'metrics') return
      snapshots.set(worker, message.metrics)
      resolve()
    }
    worker.on('message', listener)
  })
  worker.send({ do: 'metrics' } satisfies ToWorker, () => undefined)
  await Promise.race([answered, sleep(metricsMs, undefined, { ref: false })])
  if (listener !== undefined) worker.off('message', listener)
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

/** Reloads on SIGHUP and on changes of the file. Resolves at the first signal to stop. */
async function reloadUntilStop(source: Source, reload: () => Promise<void>): Promise<void> {
  const onReload = (): void => void reload()
  const unfollow = followSource(source, onReload)
  process.on('SIGHUP', onReload)
  await waitForStopSignal()
  unfollow()
  // Without a listener, SIGHUP would end the process at once.
  process.off('SIGHUP', onReload)
  process.on('SIGHUP', () => undefined)
}

/** Waits for the graceful stop, or for a second signal. */
async function raceSignal(stopping: Promise<void>, stopNow: () => unknown): Promise<void> {
  await Promise.race([stopping, waitForStopSignal().then(stopNow)])
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
