import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { takeLock } from './lock.mjs'
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

// In the order of dependencies. The packages of an inner list are built beside each other.
const builtPackages = [['tollgate'], ['calls', 'gateway', 'codemod', 'schemas'], ['inspector'], ['cli']]

/**
 * Returns true if a folder has its packages, as its lock file says.
 * @param {string} folder @param {string} [lock]
 */
export function isInstalled(folder, lock = join(folder, 'package-lock.json')) {
  return modifiedAt(lock) <= modifiedAt(join(folder, 'node_modules/.package-lock.json'))
}

/** Installs the dependencies of the repository if they are missing or old. */
export async function installWhenNeeded() {
  if (!isInstalled(root)) await runOrStop('npm ci', 'Installing dependencies')
}

/**
 * Returns true if a file is missing, or older than one of its sources. A build that was interrupted
 * leaves only some of its output.
 * @param {readonly string[]} outputs @param {readonly string[]} sources files and directories
 */
export function isStale(outputs, sources) {
  return Math.max(...sources.map(newestIn)) > Math.min(...outputs.map(modifiedAt))
}

// The cases of `tollgate conform`, which the command line imports, and which are packed as they are.
const packedSources = ['conform']

// The file of the help has the flags that these tables name.
const tablesOfHelp = ['schemes', 'requests'].map((name) => join(root, 'packages/tollgate/src', name))

/** @param {string} directory */
function listSources(directory) {
  /** @type {{ files: string[] }} */
  const { files } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  // The other packed files are what a build writes.
  const aside = [...files.filter((name) => !packedSources.includes(name)), 'node_modules', 'test', 'README.md']
  return readdirSync(directory)
    .filter((name) => !aside.includes(name))
    .map((name) => join(directory, name))
}

/** @param {string} name */
function isPackageStale(name) {
  const directory = join(root, 'packages', name)
  const outputs = ['index.js', 'index.d.ts'].map((file) => join(directory, 'dist', file))
  return isStale(outputs, [...listSources(directory), ...(name === 'cli' ? tablesOfHelp : [])])
}

/** Builds packages whose sources changed. @param {readonly string[]} [names] */
export async function buildWhenNeeded(names = builtPackages.flat()) {
  if (!names.some(isPackageStale)) return
  const giveBack = takeLock('build')
  try {
    for (const group of builtPackages) {
      const stale = group.filter((name) => names.includes(name) && isPackageStale(name))
      await Promise.all(
        stale.map((name) => runOrStop(`npm run build --workspace packages/${name}`, `Building ${name}`)),
      )
    }
  } finally {
    giveBack()
  }
}

/** Installs the dependencies and builds the packages, if needed. Otherwise it prints nothing. */
export async function setUp() {
  await installWhenNeeded()
  await buildWhenNeeded()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setUp()
