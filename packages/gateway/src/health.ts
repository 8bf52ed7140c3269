import { randomBytes } from 'node:crypto'
import type { ReplayGuard } from 'tollgate'

/** The times of the checks, in milliseconds. */
const defaults = { everyMs: 1000, lateMs: 1000, lostMs: 10_000 }

/** One long pause, such as that of a stopped virtual machine, is not a hang. */
const lateRounds = 3

/**
 * Watches the event loop and the replay guards. A guard reserves and releases a random delivery,
 * because only the operation of the requests shows that they would be served: a store can answer a
 * ping and refuse to write.
 * @param listGuards returns the guards in use. One that accepts requests without its store never
 *   fails.
 */
export function watchHealth(listGuards: () => Iterable<ReplayGuard>, times = defaults) {
  const failedSince = new WeakMap<ReplayGuard, number>()
  const probed = new WeakSet<ReplayGuard>()
  let late = 0
  let dueAt = performance.now() + times.everyMs

  async function probe(guard: ReplayGuard): Promise<void> {
    if (probed.has(guard)) return
    probed.add(guard)
    // A guard that never answers fails too.
    if (!failedSince.has(guard)) failedSince.set(guard, performance.now())
    try {
      const reservation = await guard.reserve({ key: randomBytes(32).toString('hex'), handshake: false })
      failedSince.delete(guard)
      await reservation.release?.()
    } catch {
      // The time of the first failure stays.
    } finally {
      probed.delete(guard)
    }
  }

  const timer = setInterval(() => {
    const now = performance.now()
    late = now - dueAt > times.lateMs ? late + 1 : 0
    dueAt = now + times.everyMs
    for (const guard of new Set(listGuards())) void probe(guard)
  }, times.everyMs).unref()

  return {
    /** True if the event loop has been late again and again, so that every request waits. */
    isHanging: () => late >= lateRounds,
    /** True if a guard has failed for so long that its requests are refused. */
    isStoreLost: () =>
      [...listGuards()].some((guard) => performance.now() - (failedSince.get(guard) ?? Infinity) > times.lostMs),
    stop: () => clearInterval(timer),
  }
}
