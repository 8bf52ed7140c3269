import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { root } from '../tools/run.mjs'
import { installWhenNeeded } from '../tools/setup.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))
const asynchronous = ['content', 'answer-reader', 'sendgrid']
export const targets = ['form', 'url-forms', 'settings-header', 'content', 'compat', 'answer-reader', 'sendgrid']

/**
 * Builds one CommonJS file per program. It includes the library's source, so that the fuzzer sees
 * its branches.
 * @param {string} out
 * @param {readonly string[]} programs
 */
async function bundlePrograms(out, programs) {
  await build({
    entryPoints: programs.map((name) => join(folder, `${name}.ts`)),
    outbase: folder,
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['twilio'],
    alias: {
      '#hmac': join(root, 'packages/tollgate/src/hmac/node.ts'),
      '#ecdsa': join(root, 'packages/tollgate/src/ecdsa/node.ts'),
    },
    logLevel: 'error',
  })
}

/**
 * @param {string} name
 * @param {string} out
 * @param {number} seconds
 * @returns {Promise<ReturnType<typeof readOutcome> & { seeds: number }>}
 */
function runTarget(name, out, seconds) {
  const found = join(out, `found-${name}`)
  mkdirSync(found)
  const flags = [
    `-max_total_time=${seconds}`,
    `-artifact_prefix=${join(root, 'fuzz', 'findings', `${name}-`)}`,
    '-print_final_stats=1',
    '-max_len=4096',
  ]
  const bundle = join(out, 'targets', `${name}.cjs`)
  const seeds = [join(folder, 'corpus', name), join(out, 'made', name)].filter((path) => existsSync(path))
  const args = [bundle, found, ...seeds, '--includes', bundle, '--sync', String(!asynchronous.includes(name))]
  // This detector is not needed: no target runs a command.
  const child = spawn(
    join(root, 'node_modules/.bin/jazzer'),
    [...args, '--disableBugDetectors', 'command-injection', '--', ...flags],
    { cwd: root, env: { ...process.env, NODE_NO_WARNINGS: '1' } },
  )
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk))
  const count = seeds.flatMap((path) => readdirSync(path)).length
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ ...readOutcome(name, code ?? 1, text), seeds: count })),
  )
}

/** @param {string} name @param {number} code @param {string} text */
function readOutcome(name, code, text) {
  // The fuzzer drops what a slow reader of its pipe has not taken, often the figures at the end.
  const runs = (/number_of_executed_units:\s*(\d+)/.exec(text) ?? [...text.matchAll(/^#(\d+)\s/gm)].at(-1))?.[1] ?? '0'
  const points = [...text.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? '0'
  const finding = /finding: .*|==\d+== ERROR.*|Uncaught Exception.*/.exec(text)?.[0]
  return { name, ok: code === 0 && Number(runs) > 0, runs: Number(runs), points: Number(points), finding, text }
}

/** @param {number} seconds for all targets together @param {readonly string[]} [names] */
export async function fuzz(seconds, names = targets) {
  mkdirSync(join(folder, 'findings'), { recursive: true })
  return withBundle(['seeds', ...names.map((name) => `targets/${name}`)], async (out) => {
    execFileSync(process.execPath, [join(out, 'seeds.cjs'), join(out, 'made')])
    // Two targets run at a time, one per core of a small machine.
    const waiting = [...names]
    /** @type {Awaited<ReturnType<typeof runTarget>>[]} */
    const outcomes = []
    const each = Math.max(1, Math.round((seconds * 2) / names.length))
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
        outcomes.push(await runTarget(name, out, each))
    }
    await Promise.all([work(), work()])
    return outcomes.sort((one, other) => names.indexOf(one.name) - names.indexOf(other.name))
  })
}

/**
 * @typedef {object} Entry an entry for hostile requests, and the request that cost most there
 * @property {string} name
 * @property {number} inputs
 * @property {number} ratio its CPU time to that of an ordinary request
 * @property {number} bound
 * @property {unknown} recipe
 */

/**
 * Compares the CPU time of hostile requests with that of ordinary ones, in a process of its own.
 * The cost of a request that ends the process, or takes minutes, counts as infinite.
 * @param {number} seconds of CPU time
 * @param {number} seed
 * @param {string} [entry] only this one
 * @returns {Promise<Entry[]>}
 */
export function attack(seconds, seed, entry = '') {
  return withBundle(['hostile/main'], (out) => {
    const program = join(out, 'hostile/main.cjs')
    const child = spawn(process.execPath, [program, String(seconds), String(seed), entry])
    /** @type {Entry[]} */
    const entries = []
    let last = '{}'
    const kill = setTimeout(() => child.kill('SIGKILL'), 120_000)
    createInterface(child.stdout).on('line', (line) => {
      kill.refresh()
      if ('ratio' in JSON.parse(line)) entries.push(JSON.parse(line))
      last = line
    })
    child.stderr.pipe(process.stderr)
    return new Promise((resolve) =>
      child.on('close', (code) => {
        clearTimeout(kill)
        if (code !== 0) entries.push({ inputs: 0, bound: 0, ...JSON.parse(last), ratio: Number.POSITIVE_INFINITY })
        resolve(entries)
      }),
    )
  })
}

/**
 * @template T
 * @param {readonly string[]} programs
 * @param {(out: string) => Promise<T>} work
 */
async function withBundle(programs, work) {
  mkdirSync(join(folder, '.build'), { recursive: true })
  const out = mkdtempSync(join(folder, '.build', 'run-'))
  try {
    await bundlePrograms(out, programs)
    return await work(out)
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** @param {string} name @param {number} otherwise */
function readOption(name, otherwise) {
  const at = process.argv.indexOf(name)
  return at === -1 ? otherwise : Number(process.argv[at + 1])
}

async function main() {
  await installWhenNeeded()
  const seconds = readOption('--seconds', 300)
  const outcomes = await fuzz(seconds)
  console.log('| target | seeds | executions | branches reached | finding |\n| --- | --- | --- | --- | --- |')
  for (const { name, seeds, runs, points, ok, finding, text } of outcomes) {
    console.log(
      `| ${name} | ${seeds} | ${runs.toLocaleString('en')} | ${points} | ${ok ? 'none' : (finding ?? 'see below')} |`,
    )
    if (!ok) console.error(text.slice(-4000))
  }
  const seed = readOption('--seed', Math.floor(Math.random() * 2 ** 32))
  console.log(`\nHostile requests, seed ${seed}\n`)
  const entries = await attack(seconds / 3, seed)
  console.log('| entry | inputs | largest ratio | bound | of |\n| --- | --- | --- | --- | --- |')
  for (const { name, inputs, ratio, bound, recipe } of entries)
    console.log(`| ${name} | ${inputs} | ${ratio.toFixed(1)} | ${bound} | ${JSON.stringify(recipe)} |`)
  const isSound = outcomes.every(({ ok }) => ok) && entries.every(({ ratio, bound }) => ratio <= bound)
  process.exitCode = isSound ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
