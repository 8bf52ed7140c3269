import { buildWhenNeeded, installWhenNeeded } from '../../tools/setup.mjs'

/**
 * `npm run routed --workspace conformance -- 20000` attacks every framework with so many requests, and prints a table. A
 * part of a name limits the run: `npm run routed --workspace conformance -- 20000 'hono 4'`, or `'on Bun'` for a runtime.
 */
const [, , count = '', only = '', seed = '1'] = process.argv

if (!/^[1-9]\d{0,6}$/.test(count) || !/^\d{1,9}$/.test(seed)) {
  console.error('npm run routed --workspace conformance -- COUNT [NAME [SEED]]')
  process.exitCode = 2
} else {
  await installWhenNeeded()
  await buildWhenNeeded(['tollgate', 'gateway'])
  // A module that imports the build is imported after it.
  const { attackAll } = await import('./attack-all.ts')
  // The library's warnings about single requests would hide the table.
  console.error = () => undefined
  process.exitCode = (await attackAll({ count: Number(count), seed: Number(seed) }, only)) ? 0 : 1
}
