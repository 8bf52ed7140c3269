import { buildWhenNeeded, installWhenNeeded } from '../../tools/setup.mjs'
import { judge } from './judge.ts'
import { keepHistory, readHistory } from './keep.ts'

/**
 * `npm run chaos --workspace conformance -- --minutes 10 --seed 7` makes faults for so long, with each topology of Redis in
 * turn. It prints what happened, and what is wrong, and keeps the history of a run in which
 * something is. `--topology cluster` limits it to one. `--judge FILE` judges a kept history again.
 */
const [, , ...given] = process.argv
const form = /^(?:--minutes (\d{1,4})(?: --seed (\d{1,9}))?(?: --topology (pair|sentinel|cluster))?|--judge (\S+))$/
const [matched, minutes, seed = String(Math.floor(Math.random() * 1e9)), only, file] = form.exec(given.join(' ')) ?? []

if (matched === undefined) {
  console.error(
    'npm run chaos --workspace conformance -- --minutes COUNT [--seed N] [--topology pair|sentinel|cluster], or --judge FILE',
  )
  process.exitCode = 2
} else if (file !== undefined) {
  report(judge(readHistory(file)))
} else {
  await installWhenNeeded()
  await buildWhenNeeded(['tollgate', 'gateway', 'cli'])
  // This module imports the build, so it is imported after it.
  const { describeRun, runChaos, topologyNames } = await import('./driver.ts')
  const chosen = topologyNames.filter((name) => only === undefined || name === only)
  for (const topology of chosen) {
    const options = {
      topology,
      seed: Number(seed),
      seconds: (Number(minutes) * 60) / chosen.length,
    }
    const history = await runChaos(options)
    console.log(describeRun(options, history))
    const problems = judge(history)
    report(problems)
    if (problems.length > 0) console.log(`  history: ${keepHistory(history, problems, `${topology}-${seed}`)}`)
  }
}

function report(problems: readonly string[]): void {
  for (const problem of problems) console.log(`  WRONG: ${problem}`)
  console.log(problems.length === 0 ? '  passed' : `  FAILED: ${problems.length} problems`)
  if (problems.length > 0) process.exitCode = 1
}
