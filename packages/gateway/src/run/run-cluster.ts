import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AggregatorRegistry } from 'prom-client'
import { createAdminServer } from '../admin.ts'
import type { LoadedConfiguration } from '../config/load.ts'
import { bind } from '../server.ts'
import { describe, type RunHooks, raceSignal, untilStopped } from './signals.ts'
import { inTurn, openSource, type Source } from './source.ts'

export type ToWorker = { readonly do: 'serve'; readonly source: Source } | { readonly do: 'reload' | 'stop' }
export type FromWorker =
  | { readonly is: 'listening' }
  | { readonly is: 'ready'; readonly url: string }
  | { readonly is: 'failed'; readonly message: string }
  | { readonly is: 'told'; readonly message: string }

const restartMs = 1000

// What requests leave behind is collected less often from a larger nursery, and most of it has died by then.
const workerFlags = ['--max-semi-space-size=32']

/** Runs the gateway in processes that share a listener, one or more. A worker that ends is replaced. */
export async function runCluster(source: Source, loaded: LoadedConfiguration, { tell }: RunHooks): Promise<void> {
  cluster.setupPrimary({ exec: fileURLToPath(new URL('./worker.js', import.meta.url)), execArgv: workerFlags })
  let isStopping = false
  const workers = new Set<Worker>()

  async function startWorker(): Promise<string> {
    const worker = cluster.fork()
    workers.add(worker)
    const ended = once(worker, 'exit').then(() => workers.delete(worker))
    const url = await new Promise<string>((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        // By message: no secret gets into the environment or the arguments of a process. Sent before, it would be lost.
        if (message.is === 'listening') worker.send({ do: 'serve', source } satisfies ToWorker)
        else if (message.is === 'ready') resolve(message.url)
        else if (message.is === 'failed') reject(new TypeError(message.message))
        else if (message.is === 'told') tell(`Worker ${worker.id}: ${message.message}`)
      })
      ended.then(() => reject(new Error(`Worker ${worker.id} ended before it was ready`)))
    })
    ended.then(() => replace(worker))
    return url
  }

  async function replace(lost: Worker): Promise<void> {
    while (!isStopping) {
      tell(`Worker ${lost.id} ended; another takes its place`)
      await sleep(restartMs)
      try {
        if (!isStopping) await startWorker()
        return
      } catch (error) {
        tell(describe(error))
      }
    }
  }

  function send(message: ToWorker): void {
    for (const worker of workers) worker.send(message)
  }

  async function stop(): Promise<void> {
    isStopping = true
    const ended = [...workers].map((worker) => once(worker, 'exit'))
    send({ do: 'stop' })
    await Promise.all(ended)
  }

  try {
    const [url] = await Promise.all(Array.from({ length: loaded.workers }, startWorker))
    const many = loaded.workers === 1 ? '' : ` with ${loaded.workers} workers`
    tell(`The gateway listens on ${url}${many}`)
  } catch (error) {
    isStopping = true
    for (const worker of workers) worker.kill('SIGKILL')
    throw error
  }
  const closeAdmin = await startAdmin(loaded, () => !isStopping && workers.size > 0, tell)
  const reload = inTurn(async () => {
    // Looked at here first: either all workers take it over or none does.
    const opened = openSource(source, tell)
    try {
      await opened.load()
      send({ do: 'reload' })
      tell('The configuration was reloaded')
    } catch (error) {
      tell(`The configuration stays as it was. ${describe(error)}`)
    } finally {
      await opened.close()
    }
  })
  await untilStopped(source, reload)
  tell('Stopping: requests under way get their answers')
  await raceSignal(stop(), () => {
    for (const worker of workers) worker.kill('SIGKILL')
  })
  closeAdmin()
}

async function startAdmin(
  { options: { admin = false } }: LoadedConfiguration,
  isReady: () => boolean,
  tell: RunHooks['tell'],
): Promise<() => void> {
  if (admin === false) return () => undefined
  const registry = new AggregatorRegistry()
  const server = createAdminServer({
    isReady,
    readMetrics: async () => ({ text: await registry.clusterMetrics(), type: registry.contentType }),
  })
  tell(`Health and metrics: ${await bind(server, 'http', admin.host ?? '127.0.0.1', admin.port ?? 0)}`)
  return () => {
    server.closeAllConnections()
    server.close()
  }
}
