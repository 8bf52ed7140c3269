import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packLibrary } from '../../conformance/projects/prepare.mjs'
import { entries } from '../../packages/tollgate/entries.js'
import { install, makeScratch, root, runNode, writeProject } from './project.ts'

const scratch = makeScratch()

/** Makes a project with packages from the registry and the packed library. */
function makeProject(
  name: string,
  packages: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
  manifest: Readonly<Record<string, unknown>> = {},
): string {
  const folder = join(scratch, name)
  writeProject(folder, { ...manifest, dependencies: { ...packages, tollgate: `file:${packLibrary()}` } }, files)
  install(folder)
  return folder
}

// Both libraries, so that this one loads wherever the original does. It is called as the original
// is.
const code = `
const twilio = require('twilio/lib/webhooks/webhooks')
const { createVerifier, RequestValidator } = require('tollgate')
const compat = require('tollgate/compat')
const { twilioWebhook } = require('tollgate/express')
const { sampleWebhook, signRequest } = require('tollgate/testing')
const authToken = '0123456789abcdef0123456789abcdef'
const url = 'https://example.com/sms'
const params = Object.fromEntries(sampleWebhook('message.inbound', { Body: 'ünï & more' }).params)
const { method, headers, body } = signRequest({ url, params, authToken })
const signature = headers['x-twilio-signature']
const verdicts = () => [
  new RequestValidator(authToken).validate(url, params, signature),
  new RequestValidator(authToken).validate(url, body, signature),
  compat.validateRequest(authToken, signature, url, params),
  compat.validateRequest(authToken, signature, url, { ...params, Body: 'forged' }),
  twilio.validateRequest(authToken, signature, url, params),
  typeof twilioWebhook({ publicUrl: 'https://example.com', authToken }),
]
const expected = [true, false, true, false, true, 'function']
async function judge(sent) {
  const verifier = createVerifier({ publicUrl: 'https://example.com', authToken })
  return verifier.verify({ method, url: '/sms', headers, body: sent })
}
async function verify(sent) {
  const { ok, code } = await judge(sent)
  return ok || code
}
`
const jestTest = `${code}
require('tollgate/testing/jest')
test('verifies', async () => {
  expect(verdicts()).toEqual(expected)
  expect(await verify(body)).toBe(true)
  expect(await verify(Buffer.from(body))).toBe(true)
  expect(await verify(body + '1')).toBe('signature_mismatch')
})
test('has the matchers', async () => {
  expect(await judge(body)).toBeAccepted()
  expect(await judge(body + '1')).not.toBeAccepted()
  await expect(judge(body + '1')).resolves.toBeRefusedWith('signature_mismatch')
})
`
// As docs/testing-your-webhooks.md says.
const mocking = `
jest.mock('tollgate/compat', () => ({ ...jest.requireActual('tollgate/compat'), webhook: () => (req, res, next) => next() }))
const { webhook } = require('tollgate/compat')
test('mock', () => {
  const next = jest.fn()
  webhook()({}, {}, next)
  expect(next).toHaveBeenCalledTimes(1)
})
`
const moduleTest = `
import { expect as imported } from '@jest/globals'
import { createVerifier } from 'tollgate'
import 'tollgate/testing/jest'
test('both functions have the matchers', async () => {
  const verifier = createVerifier({ publicUrl: 'https://example.com', authToken: '0123456789abcdef0123456789abcdef' })
  const refused = await verifier.verify({ method: 'POST', url: '/', headers: {}, body: '' })
  for (const expectIt of [expect, imported]) expectIt(refused).toBeRefusedWith('signature_missing')
})
`
// `@types/jest` makes `expect` global.
const typed = (first: string): string => `${first}
import type { Verdict } from 'tollgate'
import 'tollgate/testing/jest'
declare const verdict: Verdict
test('types', () => {
  expect(verdict).toBeAccepted()
  expect(verdict).not.toBeRefusedWith('replayed')
  // @ts-expect-error no such code
  expect(verdict).toBeRefusedWith('replay')
})
`
// The same packages in every project, so that what fails is the tool.
const libraries = { twilio: '6.2.0', express: '5.3.0' }

// The oldest that the documentation names reads no `exports`. The newest reads them.
describe.each([
  ['Jest 26', { jest: '26.6.3', 'jest-environment-jsdom': '26.6.2', 'jest-environment-node': '26.6.2' }],
  ['Jest 30', { jest: '30.5.2', 'jest-environment-jsdom': '30.5.2', '@types/jest': '30.0.0' }],
] as const)('%s', (name, packages) => {
  const folder = join(scratch, name)
  const jest = (...args: string[]) => runNode([...args, '--ci'], folder)
  const program = 'node_modules/jest/bin/jest.js'

  test('loads the package in both environments', () => {
    makeProject(name, { ...libraries, ...packages }, { 'webhook.test.js': jestTest, 'mocking.test.js': mocking })
    for (const environment of ['node', 'jsdom']) {
      const { code: status, output } = jest(program, `--env=${environment}`)
      expect(output).toContain('3 passed')
      expect(status).toBe(0)
    }
  })

  if (name === 'Jest 30')
    test('has the matchers in ES modules, and their types', () => {
      const sources = { 'globals.ts': typed(''), 'imported.ts': typed("import { expect, test } from '@jest/globals'") }
      const options = { module: 'node16', target: 'es2022', strict: true, noEmit: true, skipLibCheck: true }
      const config = { compilerOptions: { ...options, types: ['jest'] }, files: Object.keys(sources) }
      const files = { ...sources, 'tsconfig.json': JSON.stringify(config), 'module.test.mjs': moduleTest }
      const settings = { testEnvironment: 'node', testMatch: ['**/*.test.mjs'], moduleFileExtensions: ['mjs', 'js'] }
      writeProject(folder, { jest: settings }, files)
      expect(jest('--experimental-vm-modules', program).output).toContain('1 passed')
      expect(runNode([join(root, 'node_modules/typescript/bin/tsc')], folder)).toMatchObject({ code: 0, output: '' })
    })
})

// Tested from outside their adapters' ranges: a program of its own, with real sockets.
const olderFrameworks = `
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Elysia } from 'elysia'
import express from 'express'
import fastify from 'fastify'
import * as h3 from 'h3'
import { Hono } from 'hono'
import { signRequest } from 'tollgate/testing'
const options = { publicUrl: 'https://example.com', authToken: '0123456789abcdef0123456789abcdef' }
const { method, headers, body } = signRequest({ url: 'https://example.com/sms', params: { Body: 'Hi' }, authToken: options.authToken })
const load = async (name) => (await import('tollgate/' + name)).twilioWebhook
const refused = (work) => work.then(() => 'works', (error) => error.message)
async function serve(listener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const answers = []
  for (const sent of [body, body + '1']) {
    const response = await fetch('http://127.0.0.1:' + server.address().port + '/sms', { method, headers, body: sent })
    answers.push(response.status + ' ' + (await response.text()))
  }
  server.close()
  server.closeAllConnections()
  return answers.join(' | ')
}
const rows = {
  async fastify() {
    const app = fastify()
    app.register(await load('fastify'), options)
    return refused(app.ready())
  },
  async elysia() {
    const twilioWebhook = await load('elysia')
    return refused((async () => new Elysia().use(twilioWebhook(options)))())
  },
  async hono() {
    const app = new Hono().post('/sms', (await load('hono'))(options), (c) => c.text(c.get('twilio').params.get('Body')))
    return serve(async (req, res) => {
      const sent = { method: req.method, headers: req.headers, body: await text(req) }
      const answer = await app.fetch(new Request('http://127.0.0.1' + req.url, sent))
      res.writeHead(answer.status).end(await answer.text())
    })
  },
  async h3() {
    const app = h3.createApp().use((await load('h3'))(options))
    return serve(h3.toNodeListener(app.use('/sms', h3.eventHandler((event) => event.context.twilio.params.get('Body')))))
  },
  async express() {
    const app = express()
    app.post('/sms', (await load('express'))(options), (req, res) => res.send(req.twilio.params.get('Body')))
    return serve(app)
  },
}
for (const [name, work] of Object.entries(rows)) console.log(name + ' | ' + (await work()))
process.exit()
`

// What these bundle also runs in browsers, which have no Express. The original does not bundle
// there.
const page = code
  .replace(/const twilio = .*\n/, '')
  .replace(/ {2}twilio\.validateRequest.*\n/, '')
  .replace("{ twilioWebhook } = require('tollgate/express')", "{ twilioWebhook } = require('tollgate/fetch')")
  .replace('authToken }),\n]', 'authToken }, () => undefined),\n]')
const script = `${page}
;(async () => console.log(JSON.stringify([verdicts(), await verify(body), await verify(body + '1')])))()
`
const moduleScript = script
  .replaceAll(/const (\{.*\}) = require\((.*)\)/g, 'import $1 from $2')
  .replaceAll(/const (\w+) = require\((.*)\)/g, 'import * as $1 from $2')
const printed = JSON.stringify([[true, false, true, false, 'function'], true, 'signature_mismatch'])

// It has the globals of a browser, and nothing of Node.js.
const browser = `
const globals = { TextEncoder, TextDecoder, btoa, atob, URL, URLSearchParams, Headers, Request, Response, crypto, setTimeout, clearTimeout }
const print = (line) => console.log(line)
require('node:vm').runInNewContext(require('node:fs').readFileSync('out/main.js', 'utf8'), { ...globals, console: { log: print } })
`

const webpack = `
const { join } = require('node:path')
const output = { path: join(__dirname, 'out'), filename: 'main.js', hashFunction: 'sha256' }
const [target, entry = './main.js'] = process.argv.slice(2)
require('webpack')({ mode: 'production', target, entry, output }, (error, stats) => {
  console.log(error ?? stats.toString({ all: false, errors: true, warnings: true }))
  process.exitCode = error || stats.hasErrors() ? 1 : 0
})
`

// Webpack 4 reads no `exports`, as browserify and Parcel do not. Webpack 5 reads them, as Vite and esbuild do.
test.each([
  ['webpack 4', '4.47.0', [['node'], ['web']]],
  ['webpack 5', '5.113.0', [['web'], ['web', './main.mjs'], ['node', './main.mjs']]],
] as const)('%s bundles the package for Node.js and for browsers', (name, version, runs) => {
  const files = { 'main.js': script, 'main.mjs': moduleScript, 'browser.js': browser, 'webpack.js': webpack }
  const folder = makeProject(name, { webpack: version }, files)
  mkdirSync(join(folder, 'out'))
  for (const args of runs) {
    const { code: status, output } = runNode(['webpack.js', ...args], folder)
    expect(status, output).toBe(0)
    const programs = args[0] === 'node' ? ['out/main.js'] : ['out/main.js', 'browser.js']
    for (const program of programs)
      expect(runNode([program], folder)).toMatchObject({ code: 0, output: `${printed}\n` })
  }
})

test('eslint-plugin-import finds every entry point', () => {
  const names = Object.keys(entries).map((entry) => entry.replace('.', 'tollgate'))
  const config = {
    root: true,
    plugins: ['import'],
    parserOptions: { sourceType: 'module', ecmaVersion: 2022 },
    rules: { 'import/no-unresolved': 'error' },
  }
  const folder = makeProject(
    'eslint',
    { eslint: '8.57.1', 'eslint-plugin-import': '2.32.0' },
    { 'main.js': names.map((name) => `import '${name}'\n`).join(''), '.eslintrc.json': JSON.stringify(config) },
  )
  const eslint = join(folder, 'node_modules/eslint/bin/eslint.js')
  expect(runNode([eslint, 'main.js'], folder)).toMatchObject({ code: 0, output: '' })
})

test('older frameworks work, or the adapter says what it needs', () => {
  const folder = makeProject(
    'older frameworks',
    {
      elysia: '1.1.27',
      fastify: '4.29.1',
      hono: '3.12.12',
      h3: '1.7.1',
      express: '3.21.2',
    },
    { 'main.mjs': olderFrameworks },
  )
  const { output } = runNode(['main.mjs'], folder)
  expect(output.split('\n').filter((line) => / \| /.test(line))).toEqual([
    'fastify | tollgate/fastify needs Fastify 5, found 4.29.1',
    'elysia | tollgate/elysia needs Elysia 1.4, found an older version',
    'hono | 200 Hi | 403 Twilio Request Validation Failed.',
    'h3 | 200 Hi | 403 Twilio Request Validation Failed.',
    'express | 200 Hi | 403 Twilio Request Validation Failed.',
  ])
})
