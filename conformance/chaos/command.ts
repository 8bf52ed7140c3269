import { buildWhenNeeded, installWhenNeeded } from '../../tools/setup.mjs'

/**
 * `npm run chaos -- --minutes 10 --seed 7` makes faults for so long, with each topology of Redis in
 * turn. It prints what happened, and what is wrong. `--topology cluster` limits it to one.
 */
const [, , ...given] = process.argv
const form = /^--minutes (\d{1,4})(?: --seed (\d{1,9}))?(?: --topology (pair|sentinel|cluster))?$/
const [, minutes, seed = String(Math.floor(Math.random() * 1e9)), only] = form.exec(given.join(' ')) ?? []

if (minutes === undefined) {
  console.error('npm run chaos -- --minutes COUNT [--seed N] [--topology pair|sentinel|cluster]')
  process.exitCode = 2
} else {
  await installWhenNeeded()
  await buildWhenNeeded(['tollgate', 'gateway', 'cli'])
  // These modules import the build, so they are imported after it.
  const { describeRun, runChaos, topologyNames } = await import('./driver.ts')
  const { judge } = await import('./judge.ts')
  const chosen = topologyNames.filter((name) => only === undefined || name === only)
  let wrong = 0
  for (const topology of chosen) {
    const options = {
      topology,
      seed: Number(seed),
      seconds: (Number(minutes) * 60) / chosen.length,
    }
    const history = await runChaos(options)
    console.log(describeRun(options, history))
    for (const problem of judge(history)) {
      wrong++
      console.log(`  WRONG: ${problem}`)
    }
  }
  console.log(wrong === 0 ? 'passed' : `FAILED: ${wrong} problems`)
  process.exitCode = wrong === 0 ? 0 : 1
}
