import { buildWhenNeeded, installWhenNeeded } from '../../tools/setup.mjs'

/**
 * `npm run corpus --workspace conformance` prints the broken set-ups with the causes that the search names. It fails below
 * the goals. With `-- --forged 20000` it diagnoses so many forged requests instead.
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
  const { judgeAll } = await import('./judge.ts')
  const { count, leastShare, makeTable, mostMs, showShare } = await import('./table.ts')
  const { listAllSetUps } = await import('./all.ts')
  const { listGenuine } = await import('./genuine.ts')
  const runs = 5
  const broken = await judgeAll(await listAllSetUps(), { runs })
  const genuine = await judgeAll(await listGenuine(), { runs })
  const shown = [...broken, ...genuine].filter(({ isRight }) => !(onlyMisses && isRight))
  console.log(makeTable(shown))

  const total = count(broken)
  const plain = count(genuine)
  const { slowest } = total
  const isFast = slowest !== undefined && slowest.ms < mostMs
  console.log(`
${total.count} broken set-ups, ${total.real} of them by real software, on ${total.webhooks} webhooks
${total.right} named exactly or in as many causes that say the same: ${showShare(total.share)} (at least ${showShare(leastShare)})
slowest: ${slowest?.ms.toFixed(1)} ms of CPU time, the median of ${runs} runs (under ${mostMs} ms): ${slowest?.setUp.name}
${plain.right} of ${plain.count} genuine requests yield nothing
${total.leaks.length + plain.leaks.length} diagnoses show a key, a right signature or a text: ${[...total.leaks, ...plain.leaks].join('; ') || 'none'}`)
  const isGood = total.share >= leastShare && plain.share === 1 && total.leaks.length + plain.leaks.length === 0
  console.log(isGood && isFast ? 'passed' : 'FAILED')
  process.exitCode = isGood && isFast ? 0 : 1
}
