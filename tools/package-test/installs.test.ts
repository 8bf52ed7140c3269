import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { signRequest } from 'tollgate/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { installProject, packPackage } from '../../conformance/projects/prepare.mjs'
import { packages } from '../pack.mjs'
import { makeScratch, run, runNode, writeProject } from './project.ts'

const scratch = makeScratch()
const authToken = '0123456789abcdef0123456789abcdef'
const tarballs = packages.map(packPackage)
const managers = join(installProject('package-managers'), 'node_modules')
const quick = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']

// The first command of most users. Node.js 20 and 22 come with npm 10, which crashed on an optional peer (decision 32).
describe('npm 10', () => {
  const npm = (folder: string, ...args: string[]) =>
    run(process.execPath, [join(managers, 'npm10/bin/npm-cli.js'), ...args], folder)
  const project = join(scratch, 'all')

  test('installs the library into an empty folder, and nothing else with it', () => {
    const folder = join(scratch, 'library')
    writeProject(folder, {})
    const { code, output } = npm(folder, 'install', ...quick, tarballs[0] ?? '')
    expect(code, output).toBe(0)
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['tollgate'])
    expect(runNode(['--print', "Object.keys(require('tollgate/express'))"], folder)).toMatchObject({
      code: 0,
      output: "[ 'captureRawBody', 'readWebhook', 'twilioWebhook' ]\n",
    })
  })

  test('runs the command of @tollgate/cli without an installation', () => {
    const folder = join(scratch, 'npx')
    writeProject(folder, {})
    // The others are not in the registry before a release.
    const given = tarballs.map((file) => `--package=${file}`)
    const { code, output } = npm(folder, 'exec', '--yes', ...quick, ...given, '--', 'tollgate', '--help')
    expect(code, output).toBe(0)
    expect(output).toContain('tollgate verify')
  })

  describe('with every package', () => {
    /** Runs the installed command. */
    const tollgate = (words: readonly string[], env = {}) =>
      runNode([join(project, 'node_modules/@tollgate/cli/dist/bin.js'), ...words], project, {
        TWILIO_AUTH_TOKEN: authToken,
        ...env,
      })

    beforeAll(() => {
      writeProject(project, {})
      const { code, output } = npm(project, 'install', ...quick, ...tarballs)
      expect(code, output).toBe(0)
    })

    test('installs few packages, and none that only some users need', () => {
      const { packages: installed } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))
      const names = Object.keys(installed).filter((path) => path !== '')
      const modules = join(project, 'node_modules')
      const sizes = readdirSync(modules, { recursive: true, encoding: 'utf8' }).map((name) => {
        const file = statSync(join(modules, name))
        return file.isFile() ? 512 * file.blocks : 0
      })
      const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1024 ** 2
      console.log(`all packages: ${names.length} packages, ${megabytes.toFixed(1)} MB`)
      expect(names.length).toBeLessThanOrEqual(70)
      expect(megabytes).toBeLessThan(34)
      expect(names.filter((name) => /opentelemetry\/(?!api$)|redis/.test(name))).toEqual([])
    })

    test('the installed command verifies, and every command has its help', () => {
      const url = 'https://example.com/sms'
      const { headers } = signRequest({ url, params: { Body: 'Hi' }, authToken })
      const signature = headers['x-twilio-signature'] ?? ''
      const verified = tollgate(['verify', '--url', url, '--param', 'Body=Hi', '--signature', signature])
      expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^genuine/) })
      for (const name of ['gateway', 'dev', 'send', 'audit'])
        expect(tollgate([name, '--help'])).toMatchObject({
          code: 0,
          stdout: expect.stringContaining(`tollgate ${name}`),
        })
    })

    test('a configuration that needs an optional package says what to install', () => {
      const flags = ['--upstream', 'http://127.0.0.1:9', '--public-url', 'https://example.com']
      const traced = tollgate(['gateway', ...flags, '--listen', '127.0.0.1:0'], {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      })
      expect(traced).toMatchObject({
        code: 2,
        output: expect.stringMatching(
          /Traces .* need .* npm install @opentelemetry\/exporter.* @opentelemetry\/sdk-trace-node/,
        ),
      })
      const file = join(project, 'gateway.yaml')
      const route = '{ path: /, upstream: "http://127.0.0.1:9", publicUrl: "https://example.com" }'
      writeFileSync(file, `replay: { store: redis, redisUrl: "redis://127.0.0.1:9" }\nroutes: [${route}]\n`)
      const stored = tollgate(['gateway', '--config', file])
      expect(stored).toMatchObject({ code: 2, output: expect.stringContaining('npm install @redis/client') })
    })
  })
})

const application = {
  type: 'module',
  devDependencies: {
    '@types/express': '5.0.6',
    '@types/node': '20.19.43',
    express: '5.3.0',
    typescript: '5.9.3',
    // Yarn looks for every optional dependency of Vite 8, and not every registry has them all.
    vite: '6.4.1',
    vitest: '3.2.4',
  },
  dependencies: { tollgate: `file:${tarballs[0]}` },
}
const compilerOptions = {
  module: 'nodenext',
  target: 'es2022',
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
}
const applicationFiles = {
  'vitest.config.js': "export default { test: { setupFiles: './setup.js' } }\n",
  // With Plug'n'Play, Vitest finds packages only from a module.
  'setup.js': "import 'tollgate/testing/vitest'\n",
  'webhook.test.js': `
import { expect, test } from 'vitest'
import { createVerifier } from 'tollgate'
import { signRequest } from 'tollgate/testing'
const authToken = '${authToken}'
test('webhook', async () => {
  const verifier = createVerifier({ publicUrl: 'https://example.com', authToken })
  const { method, headers, body } = signRequest({ url: 'https://example.com/sms', params: { Body: 'Hi' }, authToken })
  expect(await verifier.verify({ method, url: '/sms', headers, body })).toBeAccepted()
  expect(await verifier.verify({ method, url: '/sms', headers, body: body + '1' })).toBeRefusedWith('signature_mismatch')
})
`,
  'tsconfig.json': JSON.stringify({ compilerOptions, files: ['server.ts'] }),
  // Without the types of Express, the handler has parameters of the type any, and the second error is missing.
  'server.ts': `
import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
const app = express()
app.post('/sms', twilioWebhook({}), (req, res) => {
  res.send(readWebhook(req).params.get('Body'))
  // @ts-expect-error no such method
  readWebhook(req).param('Body')
})
app.post('/call', twilioWebhook({}, (webhook, req, res) => {
  // @ts-expect-error no such method
  res.sendEverything(webhook.params.get('From'))
}))
`,
}

const yarn = 'enableTelemetry: false\nenableImmutableInstalls: false\nenableGlobalCache: true\n'
// They hide every package that another one does not name.
test.each([
  [
    'pnpm, nothing hoisted',
    ['pnpm/bin/pnpm.cjs', 'install', '--ignore-scripts', '--prefer-offline'],
    { '.npmrc': 'hoist=false\nstrict-peer-dependencies=true\n' },
  ],
  // The empty file makes the folder the root of its project, so that Yarn reads nothing above it.
  ["yarn 4, Plug'n'Play", ['@yarnpkg/cli-dist/bin/yarn.js', 'install'], { 'yarn.lock': '', '.yarnrc.yml': yarn }],
] as const)('an application of %s has the matchers and the types of the framework', (name, command, files) => {
  const folder = join(scratch, name)
  writeProject(folder, application, { ...applicationFiles, ...files })
  const [program, ...args] = command
  const installed = runNode([join(managers, program), ...args], folder)
  expect(installed.code, installed.output).toBe(0)
  for (const words of [['vitest', 'run'], ['tsc']]) {
    const { code, output } = runNode(
      [join(managers, program), name.startsWith('pnpm') ? 'exec' : 'run', ...words],
      folder,
    )
    expect(code, output).toBe(0)
  }
})
