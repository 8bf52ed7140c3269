import { spawnSync } from 'node:child_process'
import { accessSync, chmodSync, constants, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The programs that `npm run test:all` needs beside Node.js and npm, by their Debian package.
 * `npm test` needs none of them. The first name that is found is used.
 */
export const programs = {
  'apache2-bin': { names: ['apache2'], for: 'the proxy suites' },
  bash: { names: ['bash'], for: 'the completion of the command line, and pasted copies' },
  caddy: { names: ['caddy'], for: 'the proxy suites' },
  'chromium-headless-shell': {
    // The shell has no window, so it needs a third less CPU time than the browsers after it.
    names: ['chromium-headless-shell', 'chrome-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'],
    for: 'the inspector, the site and the library in a browser',
  },
  curl: { names: ['curl'], for: 'the curl commands that we print' },
  fish: { names: ['fish'], for: 'the completion of the command line' },
  git: { names: ['git'], for: 'releases, and what git ignores' },
  haproxy: { names: ['haproxy'], for: 'the proxy suites' },
  jq: { names: ['jq'], for: 'relays that rewrite a body' },
  nginx: { names: ['nginx'], for: 'the proxy suites' },
  openssl: { names: ['openssl'], for: 'certificates of test servers' },
  'php-cli': { names: ['php'], for: 'receivers in other languages' },
  promtool: { names: ['promtool'], for: 'the alerts of the gateway' },
  python3: { names: ['python3'], for: 'relays that rewrite a body' },
  'redis-server': { names: ['redis-server', 'valkey-server'], for: 'the replay guard' },
  'ruby-rackup': { names: ['rackup'], for: 'receivers in other languages' },
  zsh: { names: ['zsh'], for: 'the completion of the command line, and pasted copies' },
}

/** The program that `npm run bench -- gateway` needs besides. */
export const benchmarkPrograms = { wrk: { names: ['wrk'], for: 'the benchmark of the gateway' } }

/** The libraries that these programs need, with a command that succeeds if the library is there. */
export const libraries = {
  // A command `flask` may be that of another Python.
  'python3-flask': {
    test: ['/usr/bin/python3', '-c', 'import flask'],
    for: 'receivers and backends in other languages',
  },
  'python3-twilio': { test: ['/usr/bin/python3', '-c', 'import twilio'], for: 'receivers in other languages' },
  'ruby-webrick': { test: ['ruby', '-e', 'require "webrick"'], for: 'receivers in other languages' },
}

/** @typedef {{ for: string } & ({ names: readonly string[] } | { test: readonly string[] })} Wanted */

const all = { ...programs, ...benchmarkPrograms }

/**
 * Finds a program that a test needs. It installs nothing: `npm run programs` does.
 * @param {keyof typeof all} name the Debian package
 * @returns {string} its path
 * @throws {Error} if the program is missing
 */
export function requireProgram(name) {
  const path = findProgram(all[name].names)
  if (path === undefined)
    throw new Error(
      `This needs ${all[name].names.join(' or ')}: run \`npm run programs\`, which installs what is missing.`,
    )
  return path
}

/** @param {Wanted} row */
function isThere(row) {
  if ('names' in row) return findProgram(row.names) !== undefined
  const [program = '', ...args] = row.test
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}

/** @param {readonly string[]} names */
function findProgram(names) {
  // Debian keeps servers in sbin, which is only on root's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin']
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(canRun)
}

/** @param {string} path */
function canRun(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Installs the Debian packages of missing programs, as root and where there is apt-get. Otherwise
 * it prints the command.
 * @param {Readonly<Record<string, Wanted>>} wanted
 * @returns {boolean} true if every program is there afterwards
 */
export function installPrograms(wanted = { ...programs, ...libraries }) {
  const list = () => Object.entries(wanted).filter(([, row]) => !isThere(row))
  const missing = list()
  if (missing.length === 0) return true
  const packages = missing.map(([name]) => name)
  for (const [name, row] of missing) console.log(`Missing: ${name}, for ${row.for}`)
  if (process.getuid?.() === 0 && findProgram(['apt-get']) !== undefined) {
    console.log(`Installing ${packages.join(' ')} with apt-get. This happens only once.`)
    withoutServices(() => {
      aptGet('update')
      // One by one, because a distribution may lack one of them.
      for (const name of packages) aptGet('install', '-y', name)
    })
    // Services must not start with the machine either. Without systemd this does nothing.
    spawnSync('systemctl', ['disable', '--quiet', ...packages], { stdio: 'ignore' })
  }
  const left = list().map(([name]) => name)
  if (left.length > 0)
    console.log(
      `Install on Debian or Ubuntu: sudo apt-get update && sudo apt-get install ${left.join(' ')}\n` +
        'Elsewhere, put these programs on the PATH.',
    )
  return left.length === 0
}

/** @param {...string} args */
function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // Another installation may hold the lock.
  const lock = ['-o', 'DPkg::Lock::Timeout=300']
  spawnSync('apt-get', [...lock, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] })
}

const policy = '/usr/sbin/policy-rc.d'

/**
 * Runs an installation while services may not start: exit code 101 means "action forbidden by
 * policy". It does not replace the machine's own policy.
 * https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
 * @param {() => unknown} work
 */
function withoutServices(work) {
  const isOurs = writePolicy()
  try {
    work()
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

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = installPrograms({ ...all, ...libraries }) ? 0 : 1
