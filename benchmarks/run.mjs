import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from '../tools/run.mjs'
import { setUp } from '../tools/setup.mjs'

const names = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .map((file) => file.slice(0, -'.mjs'.length))
const given = process.argv.slice(2)
const options = given.filter((argument) => argument.startsWith('--'))
const [name = 'core', ...rest] = given.filter((argument) => !argument.startsWith('--'))

if (!names.includes(name) || rest.length > 0) {
  console.error(`Usage: npm run bench -- [NAME]. NAME is one of: ${names.join(', ')}. Default: core.`)
  process.exitCode = 2
} else {
  await setUp()
  process.exitCode = await run(['node', '--expose-gc', `benchmarks/${name}.mjs`, ...options].join(' '))
}
