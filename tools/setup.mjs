import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, run } from './run.mjs'

/** @param {string} path */
function modifiedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0
}

/** @param {string} path a file, or a directory to search @returns {number} */
function newestIn(path) {
  if (!existsSync(path)) return 0
  if (!statSync(path).isDirectory()) return modifiedAt(path)
  return Math.max(modifiedAt(path), ...readdirSync(path).map((name) => newestIn(join(path, name))))
}

/** @param {string} command @param {string} what */
async function runOrStop(command, what) {
  console.log(`${what} …`)
  if ((await run(command, { quiet: true })) !== 0) throw new Error(`\`${command}\` failed.`)
}

export async function installWhenNeeded() {
  const installed = modifiedAt(join(root, 'node_modules/.package-lock.json'))
  if (modifiedAt(join(root, 'package-lock.json')) > installed) await runOrStop('npm ci', 'Installing dependencies')
}

// In the order of dependencies.
const builtPackages = ['tollgate', 'gateway', 'inspector', 'cli', 'codemod']

/** @param {string} directory */
function isStale(directory) {
  const aside = ['dist', 'node_modules', 'test', 'README.md']
  const sources = readdirSync(directory).filter((name) => !aside.includes(name))
  const changed = Math.max(...sources.map((name) => newestIn(join(directory, name))))
  // A build that was interrupted leaves only some of its output.
  const outputs = ['index.js', 'index.d.ts'].map((name) => modifiedAt(join(directory, 'dist', name)))
  return changed > Math.min(...outputs)
}

export async function buildWhenNeeded(names = builtPackages) {
  for (const name of names) {
    const directory = join(root, 'packages', name)
    if (isStale(directory)) await runOrStop(`npm run build --workspace packages/${name}`, `Building ${name}`)
  }
}

/** Installs the dependencies and builds the packages, if needed. Otherwise it prints nothing. */
export async function setUp() {
  await installWhenNeeded()
  await buildWhenNeeded()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setUp()
