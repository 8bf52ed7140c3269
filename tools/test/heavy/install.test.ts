import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findManager, runNode, writeProject } from '../../package-managers.mjs'
import { root } from '../../run.mjs'

// Slow: three versions of npm install from the registry, which takes half a minute of CPU time.

const scratch = mkdtempSync(join(tmpdir(), 'tollgate-install-'))
const tarballs = join(scratch, 'tarballs')
// The package managers are installed at the first run, and the packages come from the registry.
const limit = 180_000
const quick = ['--prefer-offline', '--no-audit', '--no-fund']
let packed: readonly string[]

beforeAll(() => {
  const names = ['tollgate', 'gateway', 'inspector', 'cli', 'codemod', 'schemas', 'calls']
  const workspaces = names.flatMap((name) => ['--workspace', `packages/${name}`])
  writeProject(tarballs, {})
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', tarballs, ...workspaces], {
    cwd: root,
    shell: process.platform === 'win32',
    stdio: 'pipe',
  })
  packed = readdirSync(tarballs).filter((name) => name.endsWith('.tgz'))
  expect(packed).toHaveLength(names.length)
}, limit)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function run(manager: Parameters<typeof findManager>[0], folder: string, ...args: string[]) {
  return runNode([findManager(manager), ...args], folder)
}

// The first command of most users. Node.js 20 and 22 come with npm 10.
describe.each(['npm 10.8', 'npm 10.9', 'npm 11'] as const)('%s', { timeout: limit }, (manager) => {
  test('installs the library into an empty folder', async () => {
    const folder = join(scratch, `library ${manager}`)
    writeProject(folder, {})
    const library = packed.find((name) => name.startsWith('tollgate-0')) ?? ''
    const { code, output } = await run(manager, folder, 'install', ...quick, join(tarballs, library))
    expect(code, output).toBe(0)
    // Nothing else is installed with it.
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['tollgate'])
    expect(await runNode(['--print', "Object.keys(require('tollgate/express'))"], folder)).toEqual({
      code: 0,
      output: "[ 'captureRawBody', 'readWebhook', 'twilioWebhook' ]\n",
    })
  })

  test('runs the command of @tollgate/cli without an installation', async () => {
    const folder = join(scratch, `cli ${manager}`)
    writeProject(folder, {})
    // The others are not in the registry before a release.
    const packages = packed.map((name) => `--package=${join(tarballs, name)}`)
    const { code, output } = await run(
      manager,
      folder,
      'exec',
      '--yes',
      ...quick,
      ...packages,
      '--',
      'tollgate',
      '--help',
    )
    expect(code, output).toBe(0)
    expect(output).toContain('tollgate verify')
  })

  test('installs every package', async () => {
    const folder = join(scratch, `all ${manager}`)
    writeProject(folder, {})
    const files = packed.map((name) => join(tarballs, name))
    const { code, output } = await run(manager, folder, 'install', '--package-lock-only', ...quick, ...files)
    expect(code, output).toBe(0)
  })
})
