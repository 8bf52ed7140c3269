import { buildWhenNeeded, installWhenNeeded } from './setup.mjs'

// Starts the README's server with `tollgate dev`, as a user does, from the sources of this clone.

const host = '127.0.0.1'
const wanted = process.env.PORT ? Number(process.env.PORT) : undefined

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(message)
  process.exit(1)
}

if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0 && wanted <= 65_535))
  stop('PORT must be a number from 1 to 65535.')
await installWhenNeeded()
await buildWhenNeeded(['tollgate', 'calls', 'gateway', 'inspector', 'cli'])
const { findPort } = await import('@tollgate/inspector')
const port = wanted && (await findPort(host, wanted).catch((error) => stop(error.message)))
if (port !== wanted) console.log(`Port ${wanted} is in use, so the gateway listens on port ${port}.`)
const words = ['dev', ...(port ? ['--listen', `${host}:${port}`] : []), '--', 'node', 'examples/readme/express.mjs']
console.log(`tollgate ${words.join(' ')}\n`)
const { run } = await import('@tollgate/cli')
process.exitCode = await run(words, process)
