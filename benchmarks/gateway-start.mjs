// Starts the gateway of the command line with a configuration file and admin pages. Prints its
// memory when it listens, and ten seconds later: by then V8 may have given back what only the start
// needed. The budget is about the first, on Node.js 20 (decision 51). Exits with 1 if it is missed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { median } from './gateway/bench.mjs'
import { measureMemory } from './gateway/memory.mjs'

const rounds = Number(process.env.ROUNDS ?? 5)
const budgetMB = process.versions.node.startsWith('20.') ? 70 : undefined

const bin = fileURLToPath(new URL('../packages/cli/dist/bin.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-start-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const file = join(folder, 'gateway.yaml')
writeFileSync(
  file,
  `listen: 127.0.0.1:0
admin: 127.0.0.1:0
routes: [{ upstream: 'http://127.0.0.1:9', publicUrl: 'https://api.example.com' }]
`,
)
const env = { ...process.env, TWILIO_AUTH_TOKEN: '0'.repeat(32) }

/** @type {number[]} */
const starts = []
for (let round = 1; round <= rounds; round++) {
  const child = spawn(process.execPath, [bin, 'gateway', '--config', file], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // Its first messages are its addresses.
  await once(/** @type {import('node:stream').Readable} */ (child.stderr), 'data')
  await sleep(1000)
  const readMB = () => (measureMemory(child.pid ?? 0) * 1024 * 1024) / 1e6
  const first = readMB()
  await sleep(10_000)
  const later = readMB()
  child.kill('SIGKILL')
  starts.push(first)
  console.log(`start ${round}: ${first.toFixed(1)} MB, after ten seconds ${later.toFixed(1)} MB`)
}
const found = median(starts)
const isMissed = budgetMB !== undefined && found > budgetMB
const limit = budgetMB === undefined ? 'without a budget' : `at most ${budgetMB} MB${isMissed ? ', MISSED' : ''}`
console.log(`at start ${found.toFixed(1)} MB on Node.js ${process.versions.node} (${limit})`)
process.exitCode = isMissed ? 1 : 0
