import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packLibrary } from '../../../conformance/projects/prepare.mjs'
import { findManager, runNode, writeProject } from '../../package-managers.mjs'

type Manager = Parameters<typeof findManager>[0]
type Versions = Readonly<Record<string, string>>

const scratch = mkdtempSync(join(tmpdir(), 'tollgate-installs-'))
const tarball = `file:${packLibrary()}`

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const nest = (version: string): Versions => ({
  '@nestjs/common': version,
  '@nestjs/core': version,
  rxjs: '7.8.2',
  'reflect-metadata': '0.1.14',
})

// What an application may have installed before it installs this library.
const stubs: Readonly<Record<string, Versions>> = {
  nothing: {},
  'older frameworks': {
    '@opentelemetry/api': '1.4.1',
    elysia: '1.1.27',
    express: '3.21.2',
    fastify: '4.29.1',
    h3: '1.7.1',
    hono: '3.12.12',
    koa: '1.7.1',
  },
  'frameworks between': { express: '4.22.3', h3: '1.15.9', koa: '2.16.4', '@opentelemetry/api': '1.9.1' },
  'newer frameworks': {
    elysia: '1.4.30',
    express: '5.3.0',
    fastify: '5.12.8',
    h3: '2.0.8',
    hono: '4.13.19',
    koa: '3.3.0',
    'react-router': '7.18.7',
  },
  'Nest 8': nest('8.4.7'),
  'Nest 9': nest('9.4.3'),
  'Nest 10': nest('10.4.22'),
  'Nest 11': nest('11.2.10'),
  'Nest 12': { ...nest('12.5.1'), 'reflect-metadata': '0.2.2' },
  'Jest 29': { jest: '29.7.0', '@jest/globals': '29.7.0', expect: '29.7.0' },
  'Jest 30': { jest: '30.5.2', '@jest/globals': '30.5.2', expect: '30.5.2' },
  'Vitest 1': { vitest: '1.6.1' },
  'Vitest 2': { vitest: '2.1.9' },
  'Vitest 3': { vitest: '3.2.4' },
  'Vitest 4': { vitest: '4.1.12' },
}

/** Resolves the versions of all packages, and downloads none of them. */
const resolvers: Readonly<Record<string, { manager: Manager; args: readonly string[]; stubs: readonly string[] }>> = {
  'npm 10.8': resolver('npm 10.8', ['nothing', 'Vitest 4']),
  'npm 10.9': resolver('npm 10.9', Object.keys(stubs)),
  'npm 11': resolver('npm 11', Object.keys(stubs)),
  pnpm: {
    manager: 'pnpm',
    args: ['install', '--lockfile-only', '--prefer-offline'],
    stubs: ['older frameworks', 'Nest 9', 'Jest 29', 'Vitest 1'],
  },
  'yarn 4': {
    manager: 'yarn 4',
    args: ['install', '--mode=update-lockfile'],
    stubs: ['older frameworks', 'Nest 9', 'Jest 29', 'Vitest 1'],
  },
}

function resolver(manager: Manager, names: readonly string[]) {
  const args = ['install', '--package-lock-only', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  return { manager, args, stubs: names }
}

// The empty file makes the folder the root of its project, so that Yarn reads nothing above it.
const yarnFiles = { 'yarn.lock': '', '.yarnrc.yml': 'enableTelemetry: false\nenableImmutableInstalls: false\n' }

describe.each(Object.entries(resolvers))('%s installs the package', (name, { manager, args, stubs: names }) => {
  test.each(names)(
    'beside %s',
    async (stub) => {
      const folder = join(scratch, `${name} ${stub}`)
      writeProject(
        folder,
        { dependencies: { ...stubs[stub], tollgate: tarball } },
        manager === 'yarn 4' ? yarnFiles : {},
      )
      const { code, output } = await runNode([findManager(manager), ...args], folder)
      expect(code, output).toBe(0)
      // Peers of any version leave nothing to warn about.
      expect(output.split('\n').filter((line) => /peer/i.test(line) && line.includes('tollgate'))).toEqual([])
    },
    300_000,
  )
})

// Yarn looks for every optional dependency of Vite 8, and not every registry has them all.
const application = {
  type: 'module',
  devDependencies: {
    '@types/express': '5.0.6',
    '@types/node': '20.19.43',
    express: '5.3.0',
    typescript: '5.9.3',
    vite: '6.4.1',
    vitest: '3.2.4',
  },
  dependencies: { tollgate: tarball },
}
const compilerOptions = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  target: 'es2022',
  strict: true,
  noEmit: true,
  types: ['node'],
}
const applicationFiles = {
  'vitest.config.js': "export default { test: { setupFiles: './setup.js' } }\n",
  // With Plug'n'Play, Vitest finds packages only from a module.
  'setup.js': "import 'tollgate/testing/vitest'\n",
  'webhook.test.js': `
import { expect, test } from 'vitest'
import { createVerifier } from 'tollgate'
import { sampleWebhook, signRequest } from 'tollgate/testing'
const authToken = '0123456789abcdef0123456789abcdef'
test('webhook', async () => {
  const verifier = createVerifier({ publicUrl: 'https://example.com', authToken })
  const url = 'https://example.com/sms'
  const { method, headers, body } = signRequest({ url, ...sampleWebhook('message.inbound'), authToken })
  expect(await verifier.verify({ method, url: '/sms', headers, body })).toBeAccepted()
  expect(await verifier.verify({ method, url: '/sms', headers, body: body + '1' })).toBeRefusedWith('signature_mismatch')
})
`,
  'tsconfig.json': JSON.stringify({
    compilerOptions: { ...compilerOptions, skipLibCheck: true },
    files: ['server.ts'],
  }),
  // Without the types of Express, the handler has parameters of the type any, and the second error
  // is missing.
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

interface Layout {
  readonly manager: Manager
  readonly files?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Runs programs of the project's packages. */
  readonly run?: 'yarn'
}

const yarnSettings = 'enableTelemetry: false\nenableImmutableInstalls: false\nenableGlobalCache: true\n'
const npmArguments = ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']

const programs = { vitest: 'vitest/vitest.mjs', tsc: 'typescript/bin/tsc' }

const layouts: Readonly<Record<string, Layout>> = {
  'npm 10.9': { manager: 'npm 10.9', args: npmArguments },
  'npm 11': { manager: 'npm 11', args: npmArguments },
  pnpm: { manager: 'pnpm', args: ['install', '--ignore-scripts', '--prefer-offline'] },
  'pnpm, nothing hoisted': {
    manager: 'pnpm',
    args: ['install', '--ignore-scripts', '--prefer-offline'],
    files: { '.npmrc': 'hoist=false\nstrict-peer-dependencies=true\n' },
  },
  'yarn 1': { manager: 'yarn 1', args: ['install', '--ignore-scripts', '--prefer-offline', '--no-progress'] },
  'yarn 4, node_modules': {
    manager: 'yarn 4',
    files: { 'yarn.lock': '', '.yarnrc.yml': `${yarnSettings}nodeLinker: node-modules\n` },
  },
  "yarn 4, Plug'n'Play": { manager: 'yarn 4', files: { 'yarn.lock': '', '.yarnrc.yml': yarnSettings }, run: 'yarn' },
}

describe.each(Object.entries(layouts))('an application of %s', (name, { manager, files, args = ['install'], run }) => {
  const folder = join(scratch, name)
  const execute = (program: keyof typeof programs, ...words: string[]) =>
    run === 'yarn'
      ? runNode([findManager(manager), 'run', program, ...words], folder)
      : runNode([join(folder, 'node_modules', programs[program]), ...words], folder)

  beforeAll(async () => {
    writeProject(folder, application, { ...applicationFiles, ...files })
    const { code, output } = await runNode([findManager(manager), ...args], folder)
    expect(code, output).toBe(0)
  })

  test('tests with the matchers for Vitest, which is no peer', async () => {
    const { code, output } = await execute('vitest', 'run')
    expect(code, output).toBe(0)
  }, 120_000)

  test('has the types of the framework', async () => {
    expect(await execute('tsc')).toEqual({ code: 0, output: expect.not.stringContaining('error') })
  }, 120_000)
})
