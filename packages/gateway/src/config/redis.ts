import { createClient } from '@redis/client'
import { type ReplayStore, redisStore } from 'tollgate/replay'

/** Connects in the background and again after each loss; until then reservations fail, and the guard's `onStoreFailure` decides. */
export function openRedisStore(
  url: string,
  onProblem: (message: string) => void,
): { readonly store: ReplayStore; close(): Promise<void> } {
  let isTold = false
  const client = createClient({
    url,
    // A reservation that waits for a connection would come when its request is over.
    disableOfflineQueue: true,
    socket: { connectTimeout: 3000, reconnectStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2000) },
  })
  client.on('error', (error: unknown) => {
    // Once per outage. The message names no password: only the code is taken.
    if (!isTold) onProblem(`The replay store does not answer (${(error as NodeJS.ErrnoException).code ?? 'error'})`)
    isTold = true
  })
  client.on('ready', () => {
    isTold = false
  })
  client.connect().catch(() => undefined)
  return {
    store: redisStore(client),
    async close() {
      client.destroy()
    },
  }
}
