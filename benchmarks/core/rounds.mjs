/** @typedef {() => unknown} Work does one unit of work; a promise is awaited */

const roundMicroseconds = 20_000
const warmUpRounds = 8

/**
 * Measures CPU time, so that other load on the machine matters less.
 * @param {Work} work @param {number} count @returns {Promise<number>} microseconds per unit
 */
async function time(work, count) {
  const isAsync = work() instanceof Promise
  // Otherwise the contender that fills the heap pays for collecting the garbage of the others.
  gc?.({ type: 'minor' })
  const start = process.cpuUsage()
  if (isAsync) for (let index = 0; index < count; index++) await work()
  else for (let index = 0; index < count; index++) work()
  const { user, system } = process.cpuUsage(start)
  return Math.max(user + system, 1) / count
}

/** @param {Work} work @returns {Promise<number>} the number of units in a round */
async function warmUp(work) {
  let count = Math.ceil(roundMicroseconds / (await time(work, 20)))
  for (let round = 0; round < warmUpRounds; round++) count = Math.ceil(roundMicroseconds / (await time(work, count)))
  return count
}

/**
 * Measures the time of each contender as a multiple of the base's time, in each round. The base
 * runs before and after each contender for a few milliseconds, so that other load slows both. Each
 * round starts with another contender.
 * @template {string} Name
 * @param {{ base: Work, contenders: Record<Name, Work>, rounds?: number }} what
 * @returns {Promise<Record<Name, number[]>>}
 */
export async function compare({ base, contenders, rounds = 41 }) {
  const names = /** @type {Name[]} */ (Object.keys(contenders))
  const baseCount = await warmUp(base)
  /** @type {Map<Name, number>} */
  const counts = new Map()
  for (const name of names) counts.set(name, await warmUp(contenders[name]))
  const ratios = /** @type {Record<Name, number[]>} */ (Object.fromEntries(names.map((name) => [name, []])))
  for (let round = 0; round < rounds; round++) {
    let before = await time(base, baseCount)
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      const own = await time(contenders[name], counts.get(name) ?? 1)
      const after = await time(base, baseCount)
      ratios[name].push((2 * own) / (before + after))
      before = after
    }
  }
  return ratios
}
