import type { FromWorker, ToWorker } from './run/run-cluster.ts'
import { type Serving, serve } from './run/serve.ts'

/** One of several processes that share a listener. Signals are the primary's business. */
let serving: Serving | undefined

const tell = (message: string): void => send({ is: 'told', message })
const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit(1))
process.on('message', (message: ToWorker) => {
  work(message).catch((error) => tell(`The configuration stays as it was. ${describe(error)}`))
})
send({ is: 'listening' })

async function work(message: ToWorker): Promise<void> {
  if (message.do === 'serve') {
    try {
      serving = await serve(message.source, tell, true)
      send({ is: 'ready', url: serving.url })
    } catch (error) {
      send({ is: 'failed', message: describe(error) })
    }
  } else if (message.do === 'reload') await serving?.reload()
  else if (message.do === 'stop') {
    await serving?.stop()
    process.exit(0)
  }
}

function send(message: FromWorker): void {
  process.send?.(message)
}
