import { buildWhenNeeded, installWhenNeeded } from '../../tools/setup.mjs'

/**
 * `npm run corpus --workspace conformance` prints how the broken set-ups are explained, by list. It
 * fails if one is misleading, or if a cause that was proven is not. `-- --misses` shows only the wrong rows. With
 * `-- --forged 20000` it diagnoses so many forged requests instead.
 */
const [, , ...given] = process.argv
const onlyMisses = given.includes('--misses')
const forged = /^--forged (\d{1,7})(?: --seed (\d{1,9}))?$/.exec(given.join(' '))

if (forged === null && given.join() !== (onlyMisses ? '--misses' : '')) {
  console.error(
    `Unknown argument ${given.join(' ')}. npm run corpus --workspace conformance [-- --misses | --forged COUNT [--seed N]]`,
  )
  process.exitCode = 2
} else {
  await installWhenNeeded()
  await buildWhenNeeded(['tollgate'])
  if (forged === null) await main()
  else await diagnoseAsStranger(Number(forged[1]), Number(forged[2] ?? 1))
}

async function diagnoseAsStranger(count: number, seed: number): Promise<void> {
  const { diagnoseForged } = await import('./forged-run.ts')
  const { requests, searched, signatures, proven } = await diagnoseForged(count, seed)
  for (const one of proven) console.log(one)
  console.log(
    `${requests} forged requests (seed ${seed}): ${searched} searched, ${signatures} signatures computed, ${proven.length} proven`,
  )
  process.exitCode = proven.length === 0 ? 0 : 1
}

async function main(): Promise<void> {
  // These modules import the build, so they are imported after it.
  const { judgeList, listFaults, showCounts } = await import('./judge.ts')
  const { lists } = await import('./set-up.ts')
  for (const list of lists) {
    const judged = await judgeList(list)
    for (const { setUp, kind, found, answer, text } of judged)
      if (!onlyMisses || answer !== 'right')
        console.log(
          `${answer === 'right' ? ' ' : answer === 'question' ? '?' : 'x'} ${setUp.title}: ${setUp.answer} ${setUp.expected.join(' + ')}; found ${kind} ${found.join(' + ')}${onlyMisses ? `\n${text}\n` : ''}`,
        )
    const faults = listFaults(judged)
    console.log(`${list}: ${showCounts(judged)}\n${faults.map((one) => `  ${one}\n`).join('')}`)
    if (faults.length > 0) process.exitCode = 1
  }
}
