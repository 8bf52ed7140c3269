import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
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

// In the order of dependencies.
const builtPackages = ['tollgate', 'gateway', 'inspector', 'cli', 'codemod']

/**
 * Installs the dependencies of the repository, or only those of some packages, if they are missing
 * or old.
 * @param {readonly string[]} [names] packages. Default: the whole repository.
 */
export async function installWhenNeeded(names) {
  const modules = join(root, 'node_modules')
  const isOld = modifiedAt(join(root, 'package-lock.json')) > modifiedAt(join(modules, '.package-lock.json'))
  // After an installation for some packages, the tools of the repository are missing.
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const isPart = !Object.keys(devDependencies).every((name) => existsSync(join(modules, name)))
  const flags = names?.map((name) => ` --workspace packages/${name}`).join('') ?? ''
  if (isOld || (isPart && names === undefined)) await runOrStop(`npm ci${flags}`, 'Installing dependencies')
}

/** @param {string} directory @param {readonly string[]} outputs */
function isStale(directory, outputs) {
  const aside = ['dist', 'docs', 'node_modules', 'test', 'README.md']
  const sources = readdirSync(directory).filter((name) => !aside.includes(name))
  const changed = Math.max(...sources.map((name) => newestIn(join(directory, name))))
  // A build that was interrupted leaves only some of its output.
  return changed > Math.min(...outputs.map((name) => modifiedAt(join(directory, 'dist', name))))
}

/**
 * Builds packages whose sources changed.
 * @param {readonly string[]} [names]
 * @param {{ types?: boolean }} [options] types: false leaves out the types of packages where they
 *   take longer than the code
 */
export async function buildWhenNeeded(names = builtPackages, { types = true } = {}) {
  for (const name of names) {
    const hasTypes = types || name === 'tollgate'
    const stale = isStale(join(root, 'packages', name), ['index.js', ...(hasTypes ? ['index.d.ts'] : [])])
    const flags = hasTypes ? '' : ' -- --no-dts'
    if (stale) await runOrStop(`npm run build --workspace packages/${name}${flags}`, `Building ${name}`)
  }
}

/** Installs the dependencies and builds the packages, if needed. Otherwise it prints nothing. */
export async function setUp() {
  await installWhenNeeded()
  await buildWhenNeeded()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setUp()
