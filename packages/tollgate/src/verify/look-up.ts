import { type Awaitable, withTimeLimit } from '../checks/limits.ts'
import { type Rejected, reject } from '../verdict.ts'

/**
 * Asks a function of the user and reads its answer, under the time limit. Errors are dropped: even
 * those of a getter may hold a token.
 */
export async function settle<F, T>(
  ask: () => Awaitable<F>,
  read: (found: F) => T,
  timeoutMs: number,
): Promise<T | Rejected> {
  try {
    return read(await withTimeLimit(ask, timeoutMs, 'The key look-up'))
  } catch {
    return reject('key_lookup_failed')
  }
}
