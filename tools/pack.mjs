import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, run } from './run.mjs'

/** The published packages, in the order of their dependencies. */
export const packages = ['tollgate', 'calls', 'gateway', 'inspector', 'cli', 'codemod', 'schemas']

const packedFolder = join(root, 'packed')

/**
 * Builds every package from nothing and packs it into `packed/`. The same sources give the same
 * bytes in every folder: `tools/test/heavy/release.test.ts` builds twice.
 * @returns {Promise<{ name: string, tarball: string, sum: string }[]>} in the order of dependencies
 */
export async function packPackages() {
  for (const name of packages) rmSync(join(root, 'packages', name, 'dist'), { recursive: true, force: true })
  if ((await run('npm run build', { quiet: true })) !== 0) throw new Error('`npm run build` failed.')
  rmSync(packedFolder, { recursive: true, force: true })
  mkdirSync(packedFolder)
  return packages.map((name) => {
    const tarball = join(packedFolder, packPackage(name))
    return { name, tarball, sum: createHash('sha256').update(readFileSync(tarball)).digest('hex') }
  })
}

/** @param {string} name @returns {string} the name of the tarball */
function packPackage(name) {
  const readme = join(root, 'packages', name, 'README.md')
  const text = readFileSync(readme, 'utf8')
  writeFileSync(readme, completeLinks(text, JSON.parse(readFileSync(join(root, 'release.json'), 'utf8'))))
  try {
    for (const { path } of npmPack(name, '--dry-run').files) setMode(join(root, 'packages', name, path))
    return npmPack(name).filename
  } finally {
    writeFileSync(readme, text)
  }
}

/**
 * Completes the links of a package's README. In the repository they are relative, and a registry
 * has no files beside the README.
 * @param {string} text
 * @param {{ homepage: string, repository: string }} origin of release.json. Without it the links
 *   stay as they are, as in a rehearsal
 * @returns {string}
 */
export function completeLinks(text, { homepage, repository }) {
  if (homepage === '' || repository === '') return text
  return text.replace(
    /(\]\(|")\.\.\/\.\.\/([^)"\s#]+)(#[^)"\s]*)?(?=[)"])/g,
    (_all, before, path, anchor = '') => before + addressOf(path, homepage, repository) + anchor,
  )
}

/**
 * Pages are on the site, where `site/pages.mjs` places them. Other files are in the repository.
 * @param {string} path @param {string} homepage @param {string} repository
 */
function addressOf(path, homepage, repository) {
  const site = homepage.replace(/\/?$/, '/')
  if (path === 'README.md') return `${site}overview.html`
  if (/^docs\/.*\.(md|svg)$/.test(path)) return site + path.replace(/^docs\//, '').replace(/\.md$/, '.html')
  return `${repository}/blob/HEAD/${path}`
}

/**
 * Sets the mode that git records. Otherwise the tarball would have the umask of the builder.
 * @param {string} file
 */
function setMode(file) {
  chmodSync(file, statSync(file).mode & 0o100 ? 0o755 : 0o644)
}

/**
 * @param {string} name
 * @param {...string} flags
 * @returns {{ filename: string, unpackedSize: number, files: readonly { path: string }[] }}
 */
export function npmPack(name, ...flags) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', packedFolder, ...flags]
  const output = execFileSync('npm', [...args, '--workspace', `packages/${name}`], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    // On standard error npm lists what it packs.
    stdio: ['ignore', 'pipe', flags.includes('--dry-run') ? 'ignore' : 'inherit'],
  })
  const report = JSON.parse(output)
  // npm 12 returns an object by package name, earlier versions return a list.
  return Array.isArray(report) ? report[0] : Object.values(report)[0]
}

/**
 * Formats the sums as `sha256sum` does.
 * @param {readonly { tarball: string, sum: string }[]} packed
 */
export function formatSums(packed) {
  return packed.map(({ tarball, sum }) => `${sum}  ${basename(tarball)}`).join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatSums(await packPackages()))
