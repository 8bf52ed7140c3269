import { openSync, readSync } from 'node:fs'

/**
 * Watches by the clock how late the event loop is.
 * @returns `stop`, which returns the longest stall in milliseconds, and the longest without the time
 *   in which the thread waited for a core. Only Linux tells that time: elsewhere the two are equal.
 */
export function watchStalls() {
  const readWait = openWait()
  let clockMs = 0
  let ownMs = 0
  let before = performance.now()
  let waited = readWait()
  const timer = setInterval(() => {
    const now = performance.now()
    const wait = readWait()
    clockMs = Math.max(clockMs, now - before - tickMs)
    ownMs = Math.max(ownMs, now - before - tickMs - (wait - waited))
    before = now
    waited = wait
  }, tickMs)
  return {
    stop() {
      clearInterval(timer)
      return { clockMs, ownMs }
    },
  }
}

const tickMs = 1

/** Returns a function that reads how long the main thread has waited for a core, in milliseconds. */
function openWait() {
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
    const bytes = Buffer.alloc(64)
    // Its CPU time, its wait and its turns, in nanoseconds.
    return () => Number(bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0)).split(' ')[1]) / 1e6
  } catch {
    return () => 0
  }
}

/**
 * Watches the CPU time of each turn of the event loop. It includes that of other threads, such as
 * those that collect garbage.
 * @returns `stop`, which returns the most of one turn in milliseconds, once the current one has
 *   ended
 */
export function watchTurns() {
  let isWatching = true
  let longest = 0
  let before = process.cpuUsage()
  const turn = () => {
    const { user, system } = process.cpuUsage(before)
    longest = Math.max(longest, (user + system) / 1000)
    before = process.cpuUsage()
    if (isWatching) setImmediate(turn)
  }
  setImmediate(turn)
  return {
    async stop() {
      await new Promise(setImmediate)
      isWatching = false
      return longest
    },
  }
}
