import { createClient } from '@redis/client'
import { type ReplayStore, redisStore } from 'tollgate/replay'

/**
 * Connects to Redis in the background, and again after each loss. Without a connection reservations
 * fail, and the guard's `onStoreFailure` decides.
 */
export function openRedisStore(
  url: string,
  onProblem: (message: string) => void,
): { readonly store: ReplayStore; close(): Promise<void> } {
  let isReported = false
  const client = createClient({
    url,
    // A reservation that waited for a connection would be made after its request ended.
    disableOfflineQueue: true,
    socket: { connectTimeout: 3000, reconnectStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2000) },
  })
  client.on('error', (error: unknown) => {
    // Reported once per outage. Only the code is shown, because a message can contain the password.
    if (!isReported) onProblem(`The replay store does not answer (${(error as NodeJS.ErrnoException).code ?? 'error'})`)
    isReported = true
  })
  client.on('ready', () => {
    isReported = false
  })
  client.connect().catch(() => undefined)
  return {
    store: redisStore(client),
    async close() {
      client.destroy()
    },
  }
}
