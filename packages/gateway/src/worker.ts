import type { FromWorker, ToWorker } from './run/run-gateway.ts'
import { type Serving, serve } from './run/serve.ts'
import { describeError } from './run/source.ts'

/**
 * The entry of a worker process. Workers share a listener. Only the primary process handles
 * signals.
 */
let serving: Promise<Serving> | undefined

const tell = (message: string): void => send({ is: 'message', message })

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit(1))
process.on('message', (message: ToWorker) => {
  handle(message).catch((error) => tell(`The configuration is unchanged. ${describeError(error)}`))
})
send({ is: 'listening' })

async function handle(message: ToWorker): Promise<void> {
  if (message.do === 'serve') {
    serving = serve(message.source, tell)
    try {
      const { url, forwardAuthUrl } = await serving
      send({ is: 'ready', bound: { url, forwardAuthUrl } })
    } catch (error) {
      // The primary process starts another worker. This one would only use memory.
      send({ is: 'failed', message: describeError(error) }, () => process.exit(1))
    }
    // During the start, a reload waits. It would be lost if the file had been read before it changed.
  } else if (message.do === 'reload') await (await serving)?.reload()
  else if (message.do === 'metrics') send({ is: 'metrics', metrics: (await (await serving)?.readMetrics()) ?? [] })
  else if (message.do === 'stop') {
    await (await serving)?.stop()
    process.exit(0)
  }
}

function send(message: FromWorker, onSent?: () => void): void {
  process.send?.(message, undefined, undefined, onSent)
}
