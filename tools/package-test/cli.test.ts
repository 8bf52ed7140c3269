import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tollgate-cli-package-'))
const project = join(scratch, 'project')
const authToken = '0123456789abcdef0123456789abcdef'
const onWindows = process.platform === 'win32'

function run(program: string, args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const shell = onWindows && program === 'npm'
  const ran = spawnSync(program, args, { cwd, encoding: 'utf8', shell, env: { ...process.env, ...env } })
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr }
}

/** Runs the installed command. */
function tollgate(words: readonly string[], env: Record<string, string> = {}) {
  const bin = join(project, 'node_modules/@tollgate/cli/dist/bin.js')
  return run(process.execPath, [bin, ...words], project, { TWILIO_AUTH_TOKEN: authToken, ...env })
}

beforeAll(() => {
  const workspaces = ['tollgate', 'calls', 'gateway', 'inspector', 'cli'].flatMap((name) => [
    '--workspace',
    `packages/${name}`,
  ])
  expect(run('npm', ['pack', '--pack-destination', scratch, ...workspaces], root)).toMatchObject({ code: 0 })
  const tarballs = readdirSync(scratch).map((name) => join(scratch, name))
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs]
  expect(run('npm', install, project)).toMatchObject({ code: 0 })
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Adds up what the files below a folder take on disk. */
function measureBytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name)))
  return files.reduce((sum, file) => sum + (file.isFile() ? 512 * file.blocks : 0), 0)
}

test('npx installs few packages, and none that only some users need', () => {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))
  const names = Object.keys(packages).filter((path) => path !== '')
  const megabytes = measureBytes(join(project, 'node_modules')) / 1024 ** 2
  console.log(`@tollgate/cli: ${names.length} packages, ${megabytes.toFixed(1)} MB`)
  expect(names.length).toBeLessThanOrEqual(65)
  expect(megabytes).toBeLessThan(30)
  expect(names.filter((name) => /opentelemetry\/(?!api$)|redis/.test(name))).toEqual([])
})

test('the installed command verifies, and every command has its help', () => {
  const url = 'https://example.com/sms'
  const { headers } = signRequest({ url, params: { Body: 'Hi' }, authToken })
  const signature = headers['x-twilio-signature'] ?? ''
  const verified = tollgate(['verify', '--url', url, '--param', 'Body=Hi', '--signature', signature])
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^genuine/) })
  for (const name of ['gateway', 'dev', 'send', 'audit'])
    expect(tollgate([name, '--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining(`tollgate ${name}`) })
})

test('a configuration that needs an optional package says what to install', () => {
  const flags = ['--upstream', 'http://127.0.0.1:9', '--public-url', 'https://example.com', '--listen', '127.0.0.1:0']
  const traced = tollgate(['gateway', ...flags], { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
  expect(traced).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /Traces .* need .* npm install @opentelemetry\/exporter.* @opentelemetry\/sdk-trace-node/,
    ),
  })
  const file = join(project, 'gateway.yaml')
  const route = '{ path: /, upstream: "http://127.0.0.1:9", publicUrl: "https://example.com" }'
  writeFileSync(file, `replay: { store: redis, redisUrl: "redis://127.0.0.1:9" }\nroutes: [${route}]\n`)
  const stored = tollgate(['gateway', '--config', file])
  expect(stored).toMatchObject({ code: 2, stderr: expect.stringContaining('npm install @redis/client') })
})
