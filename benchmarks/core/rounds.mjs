/** @typedef {() => unknown} Work one unit of it; a promise is awaited */

const roundMicroseconds = 20_000
const warmUpRounds = 8

/**
 * CPU time, so that what else the machine does counts for less.
 * @param {Work} work @param {number} count @returns {Promise<number>} microseconds per unit
 */
async function time(work, count) {
  const isAsync = work() instanceof Promise
  // Whose turn it is when the heap is full would have to clear away what all the others left.
  gc?.({ type: 'minor' })
  const start = process.cpuUsage()
  if (isAsync) for (let index = 0; index < count; index++) await work()
  else for (let index = 0; index < count; index++) work()
  const { user, system } = process.cpuUsage(start)
  return Math.max(user + system, 1) / count
}

/** @param {Work} work @returns {Promise<number>} how many units make a round */
async function warmUp(work) {
  let count = Math.ceil(roundMicroseconds / (await time(work, 20)))
  for (let round = 0; round < warmUpRounds; round++) count = Math.ceil(roundMicroseconds / (await time(work, count)))
  return count
}

/**
 * How many times the base's time each contender takes, round by round. The base runs before and after each of them, for a few
 * milliseconds, so that whatever slows the machine down slows both; each round starts with another contender.
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
