/** @typedef {Record<string, () => unknown>} Contenders each does one unit of work; what it gives is awaited if it is a promise */
/** @typedef {Record<string, number>} Round microseconds per unit of work */

const roundMicroseconds = 2000
const warmUpRounds = 40

/**
 * CPU time, so that what else the machine does counts for less.
 * @param {() => unknown} work @param {number} count @returns {Promise<number>} microseconds per unit
 */
async function time(work, count) {
  const isAsync = work() instanceof Promise
  const start = process.cpuUsage()
  if (isAsync) for (let index = 0; index < count; index++) await work()
  else for (let index = 0; index < count; index++) work()
  const { user, system } = process.cpuUsage(start)
  return Math.max(user + system, 1) / count
}

/**
 * The ratio of each contender to the base, round by round. The base runs before and after each contender, for a few milliseconds
 * all in all, so that whatever slows the machine down slows both.
 * @param {{ base: () => unknown, contenders: Contenders, rounds: number }} what
 * @returns {Promise<{ ratios: Record<string, number[]>, times: Record<string, number[]>, baseTimes: number[] }>}
 */
export async function compare({ base, contenders, rounds }) {
  const names = Object.keys(contenders)
  const baseCount = await warmUp(base)
  const counts = []
  for (const work of Object.values(contenders)) counts.push(await warmUp(work))
  await warmUp(base)
  const ratios = Object.fromEntries(names.map((n) => [n, []]))
  const times = Object.fromEntries(names.map((n) => [n, []]))
  const baseTimes = []
  for (let round = 0; round < rounds; round++) {
    let before = await time(base, baseCount)
    for (let turn = 0; turn < names.length; turn++) {
      const index = (round + turn) % names.length
      const name = names[index]
      const own = await time(contenders[name], counts[index])
      const after = await time(base, baseCount)
      ratios[name].push((2 * own) / (before + after))
      times[name].push(own)
      before = after
      baseTimes.push(after)
    }
  }
  return { ratios, times, baseTimes }
}

/** @param {() => unknown} work @returns {Promise<number>} how many make a round */
async function warmUp(work) {
  await time(work, 20)
  let count = Math.ceil(roundMicroseconds / (await time(work, 200)))
  for (let round = 0; round < warmUpRounds; round++) count = Math.ceil(roundMicroseconds / (await time(work, count)))
  return count
}

/** @param {readonly number[]} figures @param {number} [share] */
export function quantile(figures, share = 0.5) {
  const sorted = [...figures].sort((one, other) => one - other)
  return sorted[Math.floor(share * (sorted.length - 1) + 0.5)] ?? Number.NaN
}
