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
