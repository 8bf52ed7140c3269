import type { FromWorker, ToWorker } from './run/run-gateway.ts'
import { type Serving, serve } from './run/serve.ts'
import { describeError } from './run/source.ts'

/**
 * The entry of a worker process. Workers share a listener. Only the primary process handles
 * signals.
 */
let serving: Serving | undefined

const tell = (message: string): void => send({ is: 'message', message })

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit(1))
process.on('message', (message: ToWorker) => {
  handle(message).catch((error) => tell(`The configuration is unchanged. ${describeError(error)}`))
})
send({ is: 'listening' })

async function handle(message: ToWorker): Promise<void> {
  if (message.do === 'serve') {
    try {
      serving = await serve(message.source, tell)
      const { url, forwardAuthUrl } = serving
      send({ is: 'ready', bound: { url, forwardAuthUrl } })
    } catch (error) {
      send({ is: 'failed', message: describeError(error) })
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
