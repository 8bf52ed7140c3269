import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tollgate-jest-'))
const onWindows = process.platform === 'win32'
const secret = 'f'.repeat(32)

const systems = [
  {
    type: 'module',
    imports: `import { expect as imported } from '@jest/globals'
import { createVerifier } from 'tollgate'
import { sampleWebhook, signRequest } from 'tollgate/testing'`,
    flags: ['--experimental-vm-modules'],
  },
  {
    type: 'commonjs',
    imports: `const { expect: imported } = require('@jest/globals')
const { createVerifier } = require('tollgate')
const { sampleWebhook, signRequest } = require('tollgate/testing')`,
    flags: [],
  },
] as const

const helper = `
const verifier = createVerifier({ publicUrl: 'https://example.com', authToken: '0123456789abcdef0123456789abcdef' })
function verify(authToken) {
  const url = 'https://example.com/sms?customer=confidential'
  const { method, headers, body } = signRequest({ url, ...sampleWebhook('message.inbound', { Body: 'private' }), authToken })
  return verifier.verify({ method, url: '/sms?customer=confidential', headers, body })
}
`
const passing = `
test('matchers', async () => {
  const genuine = await verify('0123456789abcdef0123456789abcdef')
  const forged = await verify('${secret}')
  for (const expectIt of [expect, imported]) {
    expectIt(genuine).toBeAccepted()
    expectIt(forged).not.toBeAccepted()
    expectIt(forged).toBeRefusedWith('signature_mismatch')
    expectIt(genuine).not.toBeRefusedWith('signature_mismatch')
    await expectIt(verify('${secret}')).resolves.toBeRefusedWith('signature_mismatch')
    expectIt(() => expectIt(Promise.resolve(genuine)).not.toBeAccepted()).toThrow('await the verdict')
  }
})
`
// As docs/testing-your-webhooks.md says.
const mocking = `
jest.mock('tollgate/compat', () => ({ ...jest.requireActual('tollgate/compat'), webhook: () => (req, res, next) => next() }))
const { validateRequest, webhook } = require('tollgate/compat')
test('mock', () => {
  const next = jest.fn()
  webhook()({}, {}, next)
  expect(next).toHaveBeenCalledTimes(1)
  expect(validateRequest('${secret}', 'x', 'https://example.com', {})).toBe(false)
})
`
const failing = `
test('fails', async () => expect(await verify('${secret}')).toBeAccepted())
`
// `@types/jest` makes `expect` global.
const globals = `
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
const typed = `
import { expect, test } from '@jest/globals'
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

function run(command: string, args: readonly string[], cwd: string): { status: number | null; output: string } {
  const shell = onWindows && command === 'npm'
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', shell })
  return { status, output: `${stdout}${stderr}` }
}

function pack(): string {
  const args = ['pack', '--json', '--silent', '--pack-destination', scratch, '--workspace', 'packages/tollgate']
  const { stdout } = spawnSync('npm', args, { cwd: root, encoding: 'utf8', shell: onWindows })
  // npm 12 returns an object by package name, earlier versions return a list.
  const [report] = Object.values(JSON.parse(stdout) as Record<string, { filename: string }>)
  return join(scratch, report?.filename ?? '')
}

beforeAll(() => {
  writeFileSync(join(scratch, 'package.json'), JSON.stringify({ private: true }))
  const packages = [pack(), 'jest@30.5.2', '@jest/globals@30.5.2', 'expect@30.5.2', '@types/jest@30.0.0']
  const { status, output } = run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages],
    scratch,
  )
  if (status !== 0) throw new Error(output)
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe.each(systems)('Jest 30 in a project of type $type', ({ type, imports, flags }) => {
  const project = join(scratch, type)
  const jest = (file: string) =>
    run(process.execPath, [...flags, join(scratch, 'node_modules/jest/bin/jest.js'), '--ci', file], project)

  beforeAll(() => {
    mkdirSync(project)
    const config = { testEnvironment: 'node', setupFilesAfterEnv: ['tollgate/testing/jest'] }
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type, jest: config }))
    writeFileSync(join(project, 'passing.test.js'), `${imports}${helper}${passing}`)
    writeFileSync(join(project, 'failing.test.js'), `${imports}${helper}${failing}`)
    writeFileSync(join(project, 'typed.ts'), typed)
    writeFileSync(join(project, 'globals.ts'), globals)
  })

  test('the matchers pass', () => {
    const { status, output } = jest('passing')
    expect(output).toContain('1 passed')
    expect(status).toBe(0)
  })

  test('a failure prints the code and the URL forms, but no secret', () => {
    const { status, output } = jest('failing')
    expect(status).toBe(1)
    expect(output).toContain('refused with "signature_mismatch" (403)')
    expect(output).toContain('https://example.com/sms')
    // Jest prints lines of the test below the message. They are left out here.
    const [message = ''] = stripVTControlCharacters(output.slice(output.indexOf('expected the webhook'))).split(
      /^\s*>?\s*\d+ \|/m,
    )
    expect(message).toContain('signature_mismatch')
    for (const hidden of [secret, 'private', 'confidential']) expect(message).not.toContain(hidden)
  })

  test.each([
    ['typed.ts', 'node16', 'node16', []],
    ['typed.ts', 'bundler', 'esnext', []],
    ['globals.ts', 'node16', 'node16', ['jest']],
  ])('%s typechecks with moduleResolution %s', (file, moduleResolution, module, types) => {
    const options = {
      module,
      moduleResolution,
      target: 'es2022',
      lib: ['es2023', 'dom'],
      strict: true,
      types,
      noEmit: true,
    }
    const config = join(project, `tsconfig.${file}.${moduleResolution}.json`)
    writeFileSync(config, JSON.stringify({ compilerOptions: { ...options, skipLibCheck: true }, files: [file] }))
    const { output } = run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], project)
    expect(output).toBe('')
  })
})

test('webhook() of tollgate/compat can be mocked in CommonJS', () => {
  const project = join(scratch, 'mocking')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, jest: { testEnvironment: 'node' } }))
  writeFileSync(join(project, 'mocking.test.js'), mocking)
  const { status, output } = run(process.execPath, [join(scratch, 'node_modules/jest/bin/jest.js'), '--ci'], project)
  expect(output).toContain('1 passed')
  expect(status).toBe(0)
})
