import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.mjs'
import { makeBoms, packages } from './sbom.mjs'

// Publishes from a tag, on a clean tree, after every check, in the order of dependencies. npm signs
// the origin of each tarball ("provenance") only in a CI job that may request an identity token:
// https://docs.npmjs.com/generating-provenance-statements

const rehearse = process.argv.includes('--dry-run')

/** @param {string[]} args */
function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
}

/** @param {string} name */
function readManifest(name) {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
}

/**
 * Lists the reasons not to release.
 * @returns {string[]}
 */
function listObstacles() {
  const versions = new Set(packages.map((name) => readManifest(name).version))
  const [version] = versions
  return [
    ...(versions.size > 1 ? [`the packages have different versions: ${[...versions].join(', ')}`] : []),
    ...(git('status', '--porcelain') === '' ? [] : ['the working tree is not clean']),
    ...(git('tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`)
      ? []
      : [`HEAD is not tagged v${version}`]),
    ...(process.env.ACTIONS_ID_TOKEN_REQUEST_URL || process.env.SIGSTORE_ID_TOKEN
      ? []
      : ['there is no identity token: only CI makes releases, so that they have provenance']),
  ]
}

/** @param {string} command */
async function runOrStop(command) {
  console.log(`\n== ${command}`)
  if ((await run(command)) !== 0) throw new Error(`\`${command}\` failed. Nothing was published after it.`)
}

const obstacles = listObstacles()
for (const obstacle of obstacles) console.error(`${rehearse ? 'would refuse' : 'refused'}: ${obstacle}`)
if (obstacles.length > 0 && !rehearse) process.exit(1)

if (!rehearse) {
  await runOrStop('npm ci')
  await runOrStop('npm audit --omit=dev')
  await runOrStop('bash .ci/run')
}
await runOrStop('npm run build')
const problems = (await makeBoms()).flatMap((row) => row.problems)
if (problems.length > 0) throw new Error(problems.join('\n'))
for (const name of packages)
  await runOrStop(
    `npm publish ${rehearse ? '--dry-run' : '--provenance'} --access public --ignore-scripts --workspace packages/${name}`,
  )
