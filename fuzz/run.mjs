import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { root } from '../tools/run.mjs'
import { installWhenNeeded } from '../tools/setup.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))
const asynchronous = ['content', 'answer-reader']
export const targets = ['form', 'url-forms', 'settings-header', 'content', 'compat', 'answer-reader']

/**
 * Builds one CommonJS file per target. It includes the library's source, so that the fuzzer sees
 * its branches.
 * @param {string} out
 * @param {readonly string[]} names
 */
async function bundleTargets(out, names) {
  await build({
    entryPoints: names.map((name) => join(folder, 'targets', `${name}.ts`)),
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['twilio'],
    alias: { '#hmac': join(root, 'packages/tollgate/src/hmac/node.ts') },
    logLevel: 'error',
  })
}

/** @param {string} name @param {string} out @param {number} seconds */
function runTarget(name, out, seconds) {
  const found = join(out, `found-${name}`)
  mkdirSync(found)
  const flags = [
    `-max_total_time=${seconds}`,
    `-artifact_prefix=${join(root, 'fuzz', 'findings', `${name}-`)}`,
    '-print_final_stats=1',
    '-max_len=4096',
  ]
  const bundle = join(out, `${name}.cjs`)
  const seeds = join(folder, 'corpus', name)
  const args = [
    bundle,
    found,
    ...(existsSync(seeds) ? [seeds] : []),
    '--includes',
    bundle,
    '--sync',
    String(!asynchronous.includes(name)),
  ]
  // This detector is not needed: no target runs a command.
  const child = spawn(
    join(root, 'node_modules/.bin/jazzer'),
    [...args, '--disableBugDetectors', 'command-injection', '--', ...flags],
    { cwd: root, env: { ...process.env, NODE_NO_WARNINGS: '1' } },
  )
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk))
  return new Promise((resolve) => child.on('close', (code) => resolve(readOutcome(name, code ?? 1, text))))
}

/** @param {string} name @param {number} code @param {string} text */
function readOutcome(name, code, text) {
  const [, runs = '0'] = /number_of_executed_units:\s*(\d+)/.exec(text) ?? []
  const points = [...text.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? '0'
  const finding = /finding: .*|==\d+== ERROR.*|Uncaught Exception.*/.exec(text)?.[0]
  return { name, ok: code === 0 && Number(runs) > 0, runs: Number(runs), points: Number(points), finding, text }
}

/** @param {number} seconds for all targets together @param {readonly string[]} [names] */
export async function fuzz(seconds, names = targets) {
  for (const name of ['findings', '.build']) mkdirSync(join(folder, name), { recursive: true })
  const out = mkdtempSync(join(folder, '.build', 'run-'))
  try {
    await bundleTargets(out, names)
    // Two targets run at a time, one per core of a small machine.
    const waiting = [...names]
    /** @type {Awaited<ReturnType<typeof readOutcome>>[]} */
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
  const given = process.argv.indexOf('--seconds')
  const outcomes = await fuzz(given === -1 ? 300 : Number(process.argv[given + 1]))
  console.log('| target | seeds | executions | branches reached | finding |\n| --- | --- | --- | --- | --- |')
  for (const { name, runs, points, ok, finding, text } of outcomes) {
    const seeds = readdirSync(join(folder, 'corpus', name)).length
    console.log(
      `| ${name} | ${seeds} | ${runs.toLocaleString('en')} | ${points} | ${ok ? 'none' : (finding ?? 'see below')} |`,
    )
    if (!ok) console.error(text.slice(-4000))
  }
  process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
