import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { npmPack } from './pack.mjs'
import { root } from './run.mjs'
import { buildWhenNeeded } from './setup.mjs'

const budgets = { bundleBytes: 15 * 1024, modules: 15, unpackedBytes: 2 * 1024 * 1024 }
const library = join(root, 'packages/tollgate')

async function measureBundle() {
  const { outputFiles } = await build({
    entryPoints: [join(library, 'dist/index.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}

/** Prints each file that Node.js loads for an import, without built-in modules. */
const countingLoader = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs'
  export async function load(url, context, next) {
    if (url.startsWith('file:')) writeSync(1, url + '\\n')
    return next(url, context)
  }`)}`

/** @param {string} name */
function countImported(name) {
  const program = `import { register } from 'node:module'; register(${JSON.stringify(countingLoader)}); await import('${name}')`
  return runNode(['--input-type=module', '--eval', program]).trim().split('\n').length
}

/** @param {string} name */
function countRequired(name) {
  return Number(
    runNode(['--input-type=commonjs', '--eval', `require('${name}'); console.log(Object.keys(require.cache).length)`]),
  )
}

/** @param {string[]} args */
function runNode(args) {
  return execFileSync(process.execPath, args, { cwd: join(root, 'tools'), encoding: 'utf8' })
}

/** @param {string} path @returns {number} */
function sizeOf(path) {
  const stats = lstatSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}

/** @param {string} name @param {string} from @returns {string} */
function findPackage(name, from) {
  const candidate = join(from, 'node_modules', name)
  if (existsSync(candidate)) return candidate
  if (from === root || dirname(from) === from) throw new Error(`${name} is not installed.`)
  return findPackage(name, dirname(from))
}

/**
 * @param {string} directory
 * @param {Set<string>} [seen]
 * @returns {Set<string>} the directories of all dependencies
 */
function collectDependencies(directory, seen = new Set()) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    const found = findPackage(name, directory)
    if (seen.has(found)) continue
    seen.add(found)
    collectDependencies(found, seen)
  }
  return seen
}

/** @param {Iterable<string>} directories */
function sumSizes(directories) {
  return [...directories].reduce((sum, directory) => sum + sizeOf(directory), 0)
}

/** @param {number} bytes */
function formatBytes(bytes) {
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

/**
 * The figures in the documentation, by page. The first group of each pattern stays.
 * @param {{ table: string, line: string, row: string }} figures
 * @returns {readonly (readonly [page: string, pattern: RegExp, text: string])[]}
 */
function listPlaces({ table, line, row }) {
  return [
    ['docs/migrating-from-twilio.md', /(<!-- printed by npm run size -->\n```text\n)[\s\S]*?(?=```)/, `${table}\n`],
    ['README.md', /(<!-- figures: npm run size -->\n).*/, line],
    ['README.md', /^(\| Installed \|).*$/m, row],
  ]
}

/** @param {ReturnType<typeof listPlaces>[number]} place @returns {boolean} true if the page had other figures */
function writeFigures([page, pattern, text]) {
  const file = join(root, page)
  const before = readFileSync(file, 'utf8')
  const after = before.replace(pattern, (_all, start) => start + text)
  if (process.argv.includes('--write')) writeFileSync(file, after)
  return before !== after
}

await buildWhenNeeded()

const twilio = findPackage('twilio', join(root, 'tools'))
const twilioDependencies = collectDependencies(twilio)
const dependencies = collectDependencies(library)
const bundleBytes = await measureBundle()
const modules = Math.max(countImported('tollgate'), countRequired('tollgate'))
const unpackedBytes = npmPack('tollgate', '--dry-run').unpackedSize

const rows = [
  ['', 'tollgate', 'budget', `twilio ${JSON.parse(readFileSync(join(twilio, 'package.json'), 'utf8')).version}`],
  ['core, bundled, minified, gzipped', formatBytes(bundleBytes), formatBytes(budgets.bundleBytes), ''],
  ['modules loaded by its import', `${modules}`, `${budgets.modules}`, `${countRequired('twilio')}`],
  ['package, unpacked', formatBytes(unpackedBytes), formatBytes(budgets.unpackedBytes), formatBytes(sizeOf(twilio))],
  [
    'with its dependencies, unpacked',
    formatBytes(unpackedBytes + sumSizes(dependencies)),
    '',
    formatBytes(sizeOf(twilio) + sumSizes(twilioDependencies)),
  ],
  ['packages in its dependency tree', `${dependencies.size}`, '', `${twilioDependencies.size}`],
]
const table = rows.map(([what = '', ...figures]) =>
  [what.padEnd(34), ...figures.map((figure) => figure.padStart(14))].join('').trimEnd(),
)
console.log(table.join('\n'))
const frameworks = readdirSync(join(root, 'docs/frameworks')).length
const [ours, theirs] = [unpackedBytes + sumSizes(dependencies), sizeOf(twilio) + sumSizes(twilioDependencies)]
const places = listPlaces({
  table: table.join('\n'),
  line: `**${formatBytes(bundleBytes)} gzipped · ${dependencies.size} dependencies to install · ${frameworks} frameworks and platforms · MIT**`,
  row: ` ${formatBytes(theirs)}, with ${twilioDependencies.size} dependencies | nothing | [${formatBytes(ours)}, with ${dependencies.size} dependencies](docs/migrating-from-twilio.md#what-is-installed) |`,
})
for (const place of places)
  if (writeFigures(place) && !process.argv.includes('--write')) {
    console.error(`${place[0]} has other sizes: run \`node tools/size.mjs --write\`.`)
    process.exitCode = 1
  }

const measured = { bundleBytes, modules, unpackedBytes }
for (const name of /** @type {(keyof typeof budgets)[]} */ (Object.keys(budgets))) {
  // A security fix must fit without a hunt for bytes.
  if (measured[name] > 0.97 * budgets[name] && measured[name] <= budgets[name] && name !== 'modules')
    console.warn(`Nearly full: ${name} is ${measured[name]}, which leaves less than 3 % of ${budgets[name]}.`)
  if (measured[name] <= budgets[name]) continue
  console.error(`Over budget: ${name} is ${measured[name]}, at most ${budgets[name]} allowed.`)
  process.exitCode = 1
}
