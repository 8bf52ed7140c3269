import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect } from 'vitest'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Makes a folder for the projects of one file of tests. It goes after them. */
export function makeScratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-package-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes the files of a project. They are `package.json` and others, by path in the folder. */
export function writeProject(folder: string, manifest: object, files: Readonly<Record<string, string>> = {}): void {
  const all = { 'package.json': JSON.stringify({ private: true, license: 'MIT', ...manifest }), ...files }
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

/** Runs a program, without the settings of the npm and the Vitest that run this test. */
export function run(program: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  const own = /^(npm_|NODE_OPTIONS|NODE_ENV|VITEST|CI$|JEST_)/i
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)))
  const shell = process.platform === 'win32' && program === 'npm'
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    shell,
    env: { ...kept, ...env },
  })
  return { code: status, stdout, output: `${stdout}${stderr}` }
}

export function runNode(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  return run(process.execPath, args, cwd, env)
}

/** Installs what the manifest of a project names, and more packages. */
export function install(folder: string, ...packages: readonly string[]): void {
  const args = ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', ...packages]
  const { code, output } = run('npm', args, folder)
  expect(code, output).toBe(0)
}
