// Measures the cost of a check against the library's budgets and the `twilio` package. Exits with 1
// if a budget is missed by more than noise. With `--write` it also runs the programs about key files
// and the gateway, which takes ten minutes more, and writes docs/benchmarks.md.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { measureGrowth } from './core/growth.mjs'
import { measureJson } from './core/json.mjs'
import { listMiddleware } from './core/middleware.mjs'
import { measureReplay } from './core/replay.mjs'
import { measureSendGrid } from './core/sendgrid.mjs'
import { measureHelp, measureImport, measureMemory } from './core/start.mjs'
import { measureValidation } from './core/validation.mjs'

/** @typedef {import('./core/rows.mjs').Row} Row */

/** @typedef {() => Row[] | Promise<Row[]>} Measure */

/** @type {[heading: string, about: string, measures: Measure[]][]} */
const sections = [
  [
    'One request',
    `An SMS with 19 parameters, unless a row says otherwise. The unit is one \`createHmac('sha1', KeyObject)\` over the same
text, with its result in Base64. Every HMAC check needs at least this. "From bytes" starts with the body and the
headers. \`twilio\` takes parameters, so there it starts with \`querystring.parse\` of the same body.`,
    [measureValidation],
  ],
  [
    'A JSON event',
    `A body with three events of Event Streams. The unit is the least that every check does: an HMAC over the URL, the SHA-256
of the body, and one \`JSON.parse\`.`,
    [measureJson],
  ],
  [
    'Replay guard',
    `A check with \`replayGuard({ store: memoryStore() })\` and a release, as a multiple of the same check without a guard.
`,
    [measureReplay],
  ],
  [
    'SendGrid',
    `A request of the Event Webhook with three events, from body and headers. The package takes both as well, and returns
only true or false.`,
    [measureSendGrid],
  ],
  [
    'Growth',
    `The time for ten times the work, as a multiple of the time for the work (twelve times for the forms of the URL, and six
times above 128 KB, where V8 keeps each text in memory of its own: there a byte of a form takes twice as long).`,
    [measureGrowth],
  ],
  [
    'Middleware',
    `CPU time per request, measured in the server's process over rounds with the same number of signed requests. The figure
is a multiple of the same server with the least check that a developer writes by hand: the framework's usual parser, sorted
names, one \`createHmac\` and \`timingSafeEqual\`. Next and SvelteKit have the server of \`node:http\`
with a Request of Node.js, as their own servers make it.`,
    listMiddleware(),
  ],
  [
    'Start and memory',
    `The CPU time of the first import: the unit is a module that only imports \`node:crypto\`. The heap memory that one check
allocates, and the part of it that stays. The help is the CPU time of the whole process, in starts of Node.js without a
program.`,
    [measureImport, measureMemory, measureHelp],
  ],
]

/**
 * Programs of this folder whose output is a section of the page.
 * @type {[heading: string, about: string, names: string[]][]}
 */
const programs = [
  ['A rotation of key files', 'The output of `npm run bench -- key-files`.', ['key-files']],
  [
    'The gateway',
    'The output of `npm run bench -- gateway-start`, and of `npm run bench -- gateway`.',
    ['gateway-start', 'gateway'],
  ],
]

/** @param {string} name @returns {string} the output */
function runProgram(name) {
  const args = ['--expose-gc', fileURLToPath(new URL(`${name}.mjs`, import.meta.url))]
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  console.log(`${name}\n\n${stdout}`)
  if (status !== 0) missed.push(name)
  return stdout.trim()
}

/** @param {string} name */
function readVersion(name) {
  const require = createRequire(import.meta.url)
  const folder = (require.resolve.paths(name) ?? []).find(
    (path) => tryRead(`${path}/${name}/package.json`) !== undefined,
  )
  return JSON.parse(tryRead(`${folder}/${name}/package.json`) ?? '{}').version
}

/** @param {string} path */
function tryRead(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const columns = /** @type {const} */ (['what', 'figure', 'budget', 'verdict', 'twilio'])
const heads = ['', 'tollgate', 'budget', '', 'twilio']

/** @param {readonly Row[]} rows */
function renderTable(rows) {
  const lines = [heads, ...rows.map((row) => columns.map((column) => row[column] ?? ''))]
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const [head, ...body] = lines.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  )
  return [head, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body].join('\n')
}

const versions = [
  'twilio',
  '@sendgrid/eventwebhook',
  'express',
  'koa',
  'h3',
  'fastify',
  '@fastify/formbody',
  'hono',
  '@hono/node-server',
].map((name) => `${name} ${readVersion(name)}`)
const [cpu] = cpus()
const machine = `${cpu?.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}; Node.js ${process.versions.node}; ${versions.join(', ')}.`
console.log(`${machine}\n`)

/**
 * Measures again if a row missed its budget, because other load may have hit one side of a ratio.
 * @param {Measure} measure
 */
async function measureTwice(measure) {
  const rows = await measure()
  if (!rows.some(({ verdict }) => verdict === 'MISSED')) return rows
  const again = await measure()
  return rows.map((row, index) => (row.verdict === 'MISSED' ? (again[index] ?? row) : row))
}

/** @type {string[]} */
const missed = []
const texts = []
for (const [heading, about, measures] of sections) {
  const rows = []
  for (const measure of measures) rows.push(...(await measureTwice(measure)))
  missed.push(...rows.filter(({ verdict }) => verdict === 'MISSED').map(({ what }) => what))
  const table = renderTable(rows)
  console.log(`${heading}\n\n${table}\n`)
  texts.push(`## ${heading}`, about, table)
}

if (process.argv.includes('--write')) {
  const intro = `\`npm run bench -- --write\` writes this page. Figures are ratios of CPU time: medians of at least 15 rounds (fewer for
memory and for a million accounts), in which the contenders take turns. A budget holds if three quarters of the rounds keep it. An aim is what was wanted, where a floor is above it:
[decision 46](decisions/0046-budgets-against-a-hand-written-check.md) says why.

${machine}`
  const toBlock = (/** @type {string} */ text) => `\`\`\`text\n${text}\n\`\`\``
  // Only what has a budget, and the lines that say what was measured.
  const shorten = (/** @type {string} */ text) =>
    text
      .split('\n')
      .filter((line) => !/^(start \d|rotation|longest stall by|their|first reading)/.test(line))
      .join('\n')
  for (const [heading, about, names] of programs)
    texts.push(`## ${heading}`, about, ...names.map((name) => toBlock(shorten(runProgram(name)))))
  const page = ['# Benchmarks', intro, ...texts].join('\n\n')
  writeFileSync(new URL('../docs/benchmarks.md', import.meta.url), `${page}\n`)
}
for (const what of missed) console.error(`Over budget: ${what}`)
process.exitCode = missed.length === 0 ? 0 : 1
