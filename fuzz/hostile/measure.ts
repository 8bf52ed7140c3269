/**
 * Measures the CPU time of one run of `work`, in microseconds. It runs for at least `least`
 * microseconds.
 */
export async function measure(work: () => unknown, least: number): Promise<number> {
  for (let times = 1; ; times *= 4) {
    const start = process.cpuUsage()
    for (let run = 0; run < times; run++) await work()
    const { user, system } = process.cpuUsage(start)
    if (user + system >= least) return (user + system) / times
  }
}

/**
 * Returns the ratio of the CPU time of two functions, measured five times in turn. The lowest time
 * of each counts, because noise only adds.
 */
export async function compareBest(one: () => unknown, other: () => unknown, least: number): Promise<number> {
  const costs: [number, number][] = []
  for (let round = 0; round < 5; round++) costs.push([await measure(one, least), await measure(other, least)])
  return Math.min(...costs.map(([cost]) => cost)) / Math.min(...costs.map(([, cost]) => cost))
}
