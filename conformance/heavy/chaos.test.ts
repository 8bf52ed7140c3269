import { expect, test } from 'vitest'
import { type ChaosOptions, describeRun, runChaos } from '../chaos/driver.ts'
import { judge } from '../chaos/judge.ts'
import { keepHistory } from '../chaos/keep.ts'

// In heavy/, because it needs Redis and runs for more than a minute. `npm run chaos --workspace conformance` runs longer.
// The log has the seed of each run, which TOLLGATE_CHAOS_SEED repeats.

const seed = Number(process.env.TOLLGATE_CHAOS_SEED ?? Math.floor(Math.random() * 1e9))

async function run(options: ChaosOptions) {
  const history = await runChaos(options)
  console.log(describeRun(options, history))
  const problems = judge(history)
  if (problems.length > 0 && options.store === undefined)
    console.log(`history: ${keepHistory(history, problems, `test-${options.topology}-${seed}`)}`)
  return { history, problems }
}

test.each(['pair', 'sentinel', 'cluster'] as const)(
  'faults with a Redis that is a %s: each delivery is handled once, or its sender sends again',
  async (topology) => {
    const { history, problems } = await run({ topology, seed, seconds: 15 })
    expect(problems, `seed ${seed}`).toEqual([])
    expect(history.faults.length).toBeGreaterThan(5)
    // Processes that ended, and some that lived.
    expect(history.processes.some(({ endedAt }) => endedAt !== undefined)).toBe(true)
    expect(history.processes.some(({ metrics }) => metrics !== undefined)).toBe(true)
    expect(history.attempts.some(({ outcome }) => outcome === 503)).toBe(true)
  },
  180_000,
)

test('a replay guard with a memory for each gateway: the judge sees what is handled twice', async () => {
  const { problems } = await run({ topology: 'pair', seed, seconds: 5, store: 'memory' })
  expect(problems.join('\n')).toMatch(/delivery \d+ was handled twice/)
}, 180_000)
