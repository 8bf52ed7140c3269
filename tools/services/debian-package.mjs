import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProgram } from './find-program.mjs'
import { installPackage } from './install-package.mjs'

/**
 * Finds a program, or installs its Debian package without starting a service.
 * @param {string} name the package
 * @param {readonly string[]} programs names of the program, any of which is enough
 * @returns {Promise<string>} the path of the program
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
      // The service must not start with the machine either. Without systemd this does nothing.
      spawnSync('systemctl', ['disable', '--quiet', name], { stdio: 'ignore' })
      return found
    }
    await sleep(3000)
  }
  return undefined
}

const policy = '/usr/sbin/policy-rc.d'

/**
 * Runs an installation while services may not start: exit code 101 means "action forbidden by
 * policy". It does not replace the machine's own policy.
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
