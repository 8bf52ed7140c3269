import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
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
  mkdirSync(join(folder, '.build'), { recursive: true })
  const out = mkdtempSync(join(folder, '.build', 'run-'))
  try {
    await bundlePrograms(out, ['seeds', ...names.map((name) => `targets/${name}`)])
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
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

async function main() {
  await installWhenNeeded()
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '300' } } })
  const outcomes = await fuzz(Number(values.seconds))
  console.log('| target | seeds | executions | branches reached | finding |\n| --- | --- | --- | --- | --- |')
  for (const { name, seeds, runs, points, ok, finding, text } of outcomes) {
    console.log(
      `| ${name} | ${seeds} | ${runs.toLocaleString('en')} | ${points} | ${ok ? 'none' : (finding ?? 'see below')} |`,
    )
    if (!ok) console.error(text.slice(-4000))
  }
  process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
