import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProgram } from './find-program.mjs'
import { installPackage } from './install-package.mjs'

/**
 * The path of a program. Where it is missing, it is installed from its Debian package, without starting a service.
 * @param {string} name the package
 * @param {readonly string[]} programs any of which will do
 * @returns {Promise<string>}
 */
export async function findOrInstall(name, programs) {
  const found = findProgram(programs) ?? (await install(name, programs))
  if (found === undefined)
    throw new Error(
      `These tests need ${programs.join(' or ')} on the PATH. Debian and Ubuntu: apt-get install ${name}.`,
    )
  return found
}

/** @param {string} name @param {readonly string[]} programs */
async function install(name, programs) {
  // Another test file may hold the lock of apt-get for minutes.
  for (let attempt = 1; attempt <= 5; attempt++) {
    if (process.getuid?.() !== 0) return undefined
    await withoutServices(() => installPackage(name, programs))
    const found = findProgram(programs)
    if (found !== undefined) {
      // Nor at the next start of the machine. Where there is no such service, or no systemd, nothing happens.
      spawnSync('systemctl', ['disable', '--quiet', name], { stdio: 'ignore' })
      return found
    }
    await sleep(3000)
  }
  return undefined
}

const policy = '/usr/sbin/policy-rc.d'

/**
 * Runs what installs packages while their services may not start: 101 is "action forbidden by policy". A machine's own policy stays.
 * https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
 * @param {() => Promise<unknown>} work
 */
async function withoutServices(work) {
  const isOurs = writePolicy()
  try {
    await work()
  } finally {
    if (isOurs) rmSync(policy, { force: true })
  }
}

function writePolicy() {
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { flag: 'wx' })
  } catch {
    return false
  }
  chmodSync(policy, 0o755)
  return true
}
