import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProgram } from './find-program.mjs'

/**
 * Installs a Debian package as root, without questions.
 * @param {string} name
 * @param {readonly string[]} programs the programs of the package
 * @returns {Promise<boolean>} true if one of the programs exists afterwards
 */
export async function installPackage(name, programs) {
  if (process.getuid?.() !== 0 || findProgram(['apt-get']) === undefined) return false
  console.error(`Installing ${name} with apt-get. This happens only once.`)
  // Another test file may be installing too. apt-get then fails at once, because it finds a lock.
  for (let attempt = 1; attempt <= 10; attempt++) {
    const done = (await runQuietly('apt-get', ['update'])) && (await runQuietly('apt-get', ['install', '-y', name]))
    if (done || findProgram(programs) !== undefined) return true
    await sleep(3000)
  }
  return false
}

/** @param {string} program @param {readonly string[]} args @returns {Promise<boolean>} */
function runQuietly(program, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
}
