import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { formatSums, packages, packPackages } from './pack.mjs'
import { isPublished } from './published.mjs'
import { root, run } from './run.mjs'

// Builds what is published from a tag, on a clean tree. npm signs the origin of each tarball
// ("provenance") only in a CI job that may request an identity token:
// https://docs.npmjs.com/generating-provenance-statements
// That job runs neither this file nor a dependency: it publishes the tarballs whose sums it is given.
// RELEASING.md has the steps.

const modes = ['--prepare', '--check', '--build', '--dry-run']
const given = process.argv.slice(2)
const [mode = ''] = given

/** @param {string[]} args */
function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'))
}

/** @param {string} name */
function manifestOf(name) {
  return `packages/${name}/package.json`
}

/**
 * Lists what is wrong with release.json.
 * @returns {string[]}
 */
function listGaps() {
  const { repository, homepage } = readJson('release.json')
  return [
    ...(typeof repository === 'string' && /^https:\/\/[\w.-]+\/[\w.-]+\/[\w.-]+(?<!\.git)$/.test(repository)
      ? []
      : ['"repository" in release.json must be the URL of the repository, such as https://github.com/OWNER/NAME']),
    ...(typeof homepage === 'string' && /^https:\/\/[^\s'\\]+$/.test(homepage) && URL.canParse(homepage)
      ? []
      : ['"homepage" in release.json must be an https: URL']),
  ]
}

/**
 * Returns the manifest with the fields that release.json decides. npm refuses provenance if
 * `repository` is not where the job runs.
 * @param {string} name
 */
function describeOrigin(name) {
  const { repository, homepage } = readJson('release.json')
  const { name: fullName, version, description, ...others } = readJson(manifestOf(name))
  const origin = {
    homepage,
    repository: { type: 'git', url: `git+${repository}.git`, directory: `packages/${name}` },
    bugs: { url: `${repository}/issues` },
  }
  return { name: fullName, version, description, ...origin, ...others, ...origin }
}

const homePageFile = 'packages/tollgate/src/verdict.ts'

/** Returns the file with the home page of release.json, which the lines about rejections name. */
function describeHomePage() {
  const address = readJson('release.json').homepage.replace(/\/$/, '')
  return readFileSync(join(root, homePageFile), 'utf8').replace(
    /(?<=^const homePage: string = )'.*'$/m,
    () => `'${address}'`,
  )
}

/** @param {unknown} value */
function format(value) {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** @param {string} name */
function isStale(name) {
  return format(describeOrigin(name)) !== format(readJson(manifestOf(name)))
}

/** Lists the files that differ from release.json. */
function listStaleFiles() {
  const isHomePageStale = describeHomePage() !== readFileSync(join(root, homePageFile), 'utf8')
  return [...packages.filter(isStale).map(manifestOf), ...(isHomePageStale ? [homePageFile] : [])]
}

/**
 * Lists the reasons not to release.
 * @returns {string[]}
 */
function listObstacles() {
  const gaps = listGaps()
  const stale = gaps.length > 0 ? [] : listStaleFiles()
  const versions = new Set(
    [...packages.map(manifestOf), 'packages/tollgate/jsr.json'].map((file) => readJson(file).version),
  )
  const [version] = versions
  return [
    ...gaps,
    ...stale.map((file) => `${file} differs from release.json: npm run release -- --prepare`),
    ...(versions.size > 1 ? [`the packages have different versions: ${[...versions].join(', ')}`] : []),
    ...packages
      .flatMap((name) => listStaleDependencies(name, version))
      .map((dependency) => `${dependency}, and not on the version of this release`),
    ...(git('status', '--porcelain') === '' ? [] : ['the working tree is not clean']),
    ...(git('tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`)
      ? []
      : [`HEAD is not tagged v${version}`]),
    ...(mode === '--build' ? listBuildObstacles() : []),
  ]
}

/**
 * Lists the dependencies of a package on the others that are not those of this release.
 * @param {string} name
 * @param {string} version
 * @returns {string[]}
 */
function listStaleDependencies(name, version) {
  const own = new Set(packages.map((each) => readJson(manifestOf(each)).name))
  const { dependencies = {}, peerDependencies = {} } = readJson(manifestOf(name))
  return [...Object.entries(dependencies), ...Object.entries(peerDependencies)]
    .filter(([dependency, range]) => own.has(dependency) && range !== version)
    .map(([dependency, range]) => `${manifestOf(name)} depends on ${dependency} ${range}`)
}

/** Lists what the job that builds must not have, or lacks. */
function listBuildObstacles() {
  const { ACTIONS_ID_TOKEN_REQUEST_URL, SIGSTORE_ID_TOKEN, NODE_AUTH_TOKEN, EXPECTED_SUMS } = process.env
  return [
    ...(ACTIONS_ID_TOKEN_REQUEST_URL || SIGSTORE_ID_TOKEN || NODE_AUTH_TOKEN
      ? ['there is a token that may publish: every dependency of the build could use it']
      : []),
    ...(EXPECTED_SUMS ? [] : ['EXPECTED_SUMS is empty: it has the sums of the tarballs that were tested']),
  ]
}

/** @param {string} command */
async function runOrStop(command) {
  console.log(`\n== ${command}`)
  if ((await run(command)) !== 0) throw new Error(`\`${command}\` failed. Nothing was published after it.`)
}

/** Writes the repository and the home page into the manifests, and the home page into the source. */
function prepare() {
  for (const name of packages) writeFileSync(join(root, manifestOf(name)), format(describeOrigin(name)))
  writeFileSync(join(root, homePageFile), describeHomePage())
  console.log(
    `Wrote repository, homepage and bugs into the manifests, and ${homePageFile}. Commit them, and tag the commit.`,
  )
}

/**
 * Builds the tarballs, and compares them with those that were tested.
 * @param {boolean} rehearse
 */
async function build(rehearse) {
  if (!rehearse) await runOrStop('npm audit --omit=dev')
  const packed = await packPackages()
  const sums = formatSums(packed)
  console.log(sums)
  const expected = process.env.EXPECTED_SUMS?.trim()
  if (expected && expected !== sums) throw new Error('These are not the tarballs that were tested.')
  const left = rehearse ? packed : await dropPublished(packed)
  writeFileSync(join(root, 'packed', 'SHA256SUMS'), left.length === 0 ? '' : `${formatSums(left)}\n`)
  // A path without the folder's own name, which may have spaces.
  if (rehearse)
    for (const { tarball } of packed)
      await runOrStop(`npm publish --dry-run --access public --ignore-scripts ./packed/${basename(tarball)}`)
}

/**
 * Removes the tarballs that the registry has, so that a release that stopped half way can go on.
 * @param {Awaited<ReturnType<typeof packPackages>>} packed
 */
async function dropPublished(packed) {
  const left = []
  for (const each of packed) {
    const { name: fullName, version } = readJson(manifestOf(each.name))
    if (await isPublished(`${fullName}@${version}`, each.tarball)) {
      console.log(`${fullName}@${version} is published already`)
      rmSync(each.tarball)
    } else left.push(each)
  }
  return left
}

async function main() {
  if (given.length !== 1 || !modes.includes(mode)) {
    console.error(`Usage: npm run release -- ${modes.join(' | ')}`)
    return 2
  }
  const rehearse = mode === '--dry-run'
  const obstacles = mode === '--prepare' ? listGaps() : listObstacles()
  for (const obstacle of obstacles) console.error(`${rehearse ? 'would refuse' : 'refused'}: ${obstacle}`)
  if (obstacles.length > 0 && !rehearse) return 1
  if (mode === '--prepare') prepare()
  else if (mode === '--check') console.log('Ready for a release.')
  else await build(rehearse)
  return 0
}

process.exitCode = await main()
