import { availableParallelism } from 'node:os'
import { run } from './run.mjs'

// TypeScript 7 is faster than TypeScript 6. It has a folder of its own, because the tools that build
// the packages and the documentation need the interface of TypeScript 6.
const compiler = 'compiler/node_modules/typescript/bin/tsc'

// Those that take longest come first, so that none of them runs alone at the end.
const projects = [
  'conformance/tsconfig.json',
  'packages/tollgate/tsconfig.test.json',
  'tools/tsconfig.json',
  'packages/cli/tsconfig.json',
  'packages/tollgate/tsconfig.json',
  'packages/tollgate/tsconfig.core.json',
  'packages/gateway/tsconfig.json',
  'packages/inspector/tsconfig.json',
  'packages/codemod/tsconfig.json',
  'packages/schemas/tsconfig.json',
  'packages/calls/tsconfig.json',
  'examples/tsconfig.json',
  'fuzz/tsconfig.json',
  'site/tsconfig.json',
]

// A compiler ends before it needs this much, so that it spends no time on the collection of garbage.
const withoutCollections = { GOGC: 'off', GOMEMLIMIT: '2GiB' }

const waiting = [...projects]
let failed = false

async function checkNext() {
  for (let project = waiting.shift(); project !== undefined; project = waiting.shift()) {
    // Without a memory of the last run: with one, a compiler of version 7.0.2 reported errors that
    // were not there after `dist` had changed.
    const code = await run(`node ${compiler} -p ${project} --noEmit --checkers 1`, { env: withoutCollections })
    if (code !== 0) console.log(`in ${project}`)
    failed ||= code !== 0
  }
}

await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, checkNext))
process.exitCode = failed ? 1 : 0
