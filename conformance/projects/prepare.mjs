import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { takeLock } from '../../tools/lock.mjs'

const projects = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))
const library = join(root, 'packages/tollgate')
const cache = join(root, 'node_modules/.cache/tollgate')

/**
 * Installs a separate project, with frameworks that are too heavy for the workspace, from its lock
 * file, and adds the packed library. Skips the steps that are already done.
 * @param {string} name its directory in conformance/projects
 * @returns {string} the directory
 */
export function prepareProject(name) {
  const directory = join(projects, name)
  const giveBack = takeLock(name)
  try {
    installWhenNeeded(directory)
    placeLibrary(directory)
    placeScenarios(directory)
  } finally {
    giveBack()
  }
  return directory
}

/**
 * Returns a Node.js of that major version: the current one, or one from the registry.
 * @param {number} major
 * @returns {string} the path of its binary
 */
export function nodeBinary(major) {
  if (Number.parseInt(process.versions.node, 10) === major) return process.execPath
  const directory = installProject('runtimes')
  const binary = join(directory, `node_modules/n${major}/bin/node`)
  if (!existsSync(binary)) throw new Error(`conformance/projects/runtimes has no Node.js ${major} for this platform.`)
  return binary
}

/**
 * Installs a project from its lock file, without the library.
 * @param {string} name its directory in conformance/projects
 * @returns {string} the directory
 */
export function installProject(name) {
  const directory = join(projects, name)
  const giveBack = takeLock(name)
  try {
    installWhenNeeded(directory)
  } finally {
    giveBack()
  }
  return directory
}

/** @param {string} directory */
function installWhenNeeded(directory) {
  const installed = join(directory, 'node_modules/.package-lock.json')
  if (modifiedAt(installed) >= modifiedAt(join(directory, 'package-lock.json'))) return
  npm(['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], directory)
}

/** @param {string} directory */
function placeLibrary(directory) {
  const tarball = packLibrary()
  const target = join(directory, 'node_modules/tollgate')
  const mark = join(target, '.tarball')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === tarball) return
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
  writeFileSync(mark, tarball)
}

/**
 * Makes the package `tollgate-conformance` from the scenarios, for servers in other processes. It
 * is JavaScript, because not every Node.js runs TypeScript.
 * @param {string} directory
 */
function placeScenarios(directory) {
  const target = join(directory, 'node_modules/tollgate-conformance')
  const { outputFiles } = buildSync({
    entryPoints: ['stage', 'follow'].map((name) => join(projects, `${name}.ts`)),
    outdir: target,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'neutral',
    format: 'esm',
    target: 'es2023',
    write: false,
  })
  const exports = { '.': './stage.js', './follow': './follow.js' }
  const manifest = JSON.stringify({ name: 'tollgate-conformance', type: 'module', exports })
  mkdirSync(target, { recursive: true })
  // A server of another test may be reading a file, so those that are the same stay.
  for (const { path, text } of [...outputFiles, { path: join(target, 'package.json'), text: manifest }])
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
}

/** @returns {string} the path of the tarball */
export function packLibrary() {
  return packPackage('tollgate')
}

/**
 * Packs a built package, once for each content.
 * @param {string} name its folder
 * @returns {string} the path of the tarball
 */
export function packPackage(name) {
  const folder = join(library, '..', name)
  const tarball = join(cache, `${name}-${hashFiles(folder, ['package.json', 'README.md', 'dist', 'docs'])}.tgz`)
  if (existsSync(tarball)) return tarball
  mkdirSync(cache, { recursive: true })
  // The file gets its name when it is complete, because several tests may pack at the same time.
  const scratch = mkdtempSync(join(cache, 'pack-'))
  npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', scratch], folder)
  const [packed = ''] = readdirSync(scratch)
  renameSync(join(scratch, packed), tarball)
  rmSync(scratch, { recursive: true })
  return tarball
}

/** @param {string} folder of a package @param {readonly string[]} names its files and directories */
function hashFiles(folder, names) {
  const hash = createHash('sha256')
  const paths = names.flatMap((name) => {
    const path = join(folder, name)
    if (!existsSync(path)) return []
    if (!statSync(path).isDirectory()) return [path]
    const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    return files.map((entry) => join(entry.parentPath, entry.name)).sort()
  })
  for (const path of paths) hash.update(path).update('\0').update(readFileSync(path))
  return hash.digest('hex').slice(0, 16)
}

/** @param {string[]} args @param {string} cwd */
function npm(args, cwd) {
  execFileSync('npm', args, { cwd, shell: process.platform === 'win32', stdio: ['ignore', 'ignore', 'inherit'] })
}

/** @param {string} path */
function modifiedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0
}
