/** @typedef {Record<string, () => unknown>} Contenders each does one unit of work; what it gives is awaited if it is a promise */
/** @typedef {Record<string, number>} Round microseconds per unit of work */

const roundMicroseconds = 3000

/** @param {() => unknown} work @param {number} count @returns {Promise<number>} microseconds per unit */
async function time(work, count) {
  const isAsync = work() instanceof Promise
  const start = performance.now()
  if (isAsync) for (let index = 0; index < count; index++) await work()
  else for (let index = 0; index < count; index++) work()
  return ((performance.now() - start) * 1000) / count
}

/**
 * Times all contenders in each round, in turn, so that whatever slows the machine down slows all of them. The order turns with the rounds.
 * @param {Contenders} contenders
 * @param {{ rounds: number }} options
 * @returns {Promise<Round[]>}
 */
export async function runRounds(contenders, { rounds }) {
  const names = Object.keys(contenders)
  /** @type {Record<string, number>} */
  const counts = {}
  for (const [name, work] of Object.entries(contenders)) {
    await time(work, 20)
    let one = await time(work, 200)
    for (let warm = 0; warm < 60; warm++) one = await time(work, Math.ceil(roundMicroseconds / one))
    counts[name] = Math.ceil(roundMicroseconds / one)
  }
  const results = []
  for (let round = 0; round < rounds; round++) {
    /** @type {Round} */
    const result = {}
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] ?? ''
      result[name] = await time(/** @type {() => unknown} */ (contenders[name]), counts[name] ?? 1)
    }
    results.push(result)
  }
  return results
}
