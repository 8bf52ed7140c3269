import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from '../tools/run.mjs'
import { setUp } from '../tools/setup.mjs'

const names = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .map((file) => file.slice(0, -'.mjs'.length))
const [name] = process.argv.slice(2)

if (name === undefined || !names.includes(name)) {
  console.error(`npm run bench -- NAME, where NAME is one of: ${names.join(', ')}`)
  process.exitCode = 2
} else {
  await setUp()
  process.exitCode = await run(`node --expose-gc benchmarks/${name}.mjs`)
}
