import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { folder, moved, mover, runBin, useFolder, write } from '../run-bin.ts'

// Slow: each test starts the command, which takes half a second of CPU time.

useFolder()

describe('tests that mock twilio', () => {
  const factory = '() => Object.assign(() => ({}), { validateRequest: () => true })'
  const use = "exports.check = (...args) => require('twilio').validateRequest(...args)\n"
  const fakes = "{ ...jest.requireMock('twilio'), ...jest.requireMock('twilio').default }"

  test('get a mock of tollgate/compat beside it, once', () => {
    write('app.js', use)
    const file = write('app.test.js', `jest.mock('twilio', ${factory})\n`)
    const expected = `jest.mock('twilio', ${factory})\njest.mock('tollgate/compat', () => (${fakes}))\n`
    for (const count of [2, 0]) {
      expect(runBin(folder).stdout).toContain(`${count} files changed`)
      expect(readFileSync(file, 'utf8')).toBe(expected)
    }
  })

  test('stay if nothing moves', () => {
    const texts = ["jest.mock('twilio')\n", `jest.mock('twilio', ${factory})\n`]
    const files = texts.map((text, index) => write(`${index}.test.js`, text))
    expect(runBin(folder).stdout).toBe(
      '0 files changed, 0 files with notes. 2 files with twilio, but nothing to move or to check.\n',
    )
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(texts)
  })

  test('stay if their factory has no validation, because the real one is then used as before', () => {
    write('app.js', use)
    const text = "jest.mock('twilio', () => () => ({ messages: {} }))\n"
    const file = write('app.test.js', text)
    expect(runBin(folder).stdout).toContain('1 file changed')
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  for (const text of [
    "const twilio = require('twilio')\njest.spyOn(twilio, 'validateRequest').mockReturnValue(true)\n",
    "require('twilio').validateRequest = () => true\n",
    "proxyquire('./app', { twilio: { validateRequest: () => true } })\n",
    "require.cache[require.resolve('twilio')] = { exports: { validateRequest } }\n",
    "beforeEach(() => jest.doMock('twilio', () => ({ validateRequest: () => true })))\n",
    "jest.mock('twilio', () => ({ validateRequest: jest.fn() }))\nrequire('twilio').validateRequest = () => true\n",
  ])
    test(`let nothing in the package move: ${text}`, () => {
      const files = [
        write('app.js', use),
        write('app.test.js', text),
        write('app2.test.js', `jest.mock('twilio', ${factory})\n`),
      ]
      const before = files.map((file) => readFileSync(file, 'utf8'))
      const { status, stdout } = runBin(folder)
      expect([status, stdout]).toEqual([0, expect.stringContaining(`cannot follow it: ${files[1]}.\n`)])
      expect(stdout).toContain('0 files changed')
      expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before)
    })

  test('let nothing move if the configuration maps twilio to another module', () => {
    const file = write('app.js', use)
    const config = write('jest.config.js', "module.exports = { moduleNameMapper: { '^twilio$': '<rootDir>/fake.js' } }")
    expect(runBin(folder).stdout).toContain(`${config} maps twilio to another module`)
    expect(readFileSync(file, 'utf8')).toBe(use)
  })

  test('pass as before in Vitest', () => {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module", "dependencies": { "twilio": "6.3.1" } }')
    write('app.mjs', "import twilio from 'twilio'\nexport const check = (...args) => twilio.validateRequest(...args)\n")
    write(
      'named.mjs',
      "import { validateRequest } from 'twilio'\nexport const check = (...args) => validateRequest(...args)\n",
    )
    const test = (mock: string, module: string): string => `import { expect, test, vi } from 'vitest'
import twilio from 'twilio'
import { check } from './${module}.mjs'
${mock}
test('mocked', () => {
  vi.mocked(twilio.validateRequest).mockReturnValue(true)
  expect(check('token', 'signature', 'https://app.example.com', {})).toBe(true)
  expect(twilio.validateRequest).toHaveBeenCalledOnce()
})
`
    const functions = 'const validateRequest = vi.fn(); return { default: { validateRequest }, validateRequest }'
    write('automatic.test.mjs', test("vi.mock('twilio')", 'app'))
    write('default.test.ts', test("vi.mock('twilio', () => ({ default: { validateRequest: vi.fn() } }))", 'app'))
    write('named.test.mjs', test(`vi.mock(import('twilio'), () => { ${functions} })`, 'named'))
    write('vitest.config.mjs', 'export default {}')
    const vitest = fileURLToPath(new URL('../../../../node_modules/vitest/vitest.mjs', import.meta.url))
    const run = () => spawnSync(process.execPath, [vitest, 'run', '--root', folder], { encoding: 'utf8' })
    expect(run()).toMatchObject({ status: 0 })
    expect(runBin(folder).stdout).toContain('5 files changed')
    const { status, stdout } = run()
    expect([status, stdout]).toEqual([0, expect.stringContaining('3 passed')])
  })
})

describe('tools that cannot load tollgate', () => {
  for (const [dependency, range, file, reason] of [
    ['typescript', '^4.9.5', 'app.ts', 'TypeScript 4.9 cannot load tollgate: update to 5 or later first.'],
    ['jest', '25.5.4', 'app.js', 'Jest 25.5 cannot load tollgate: update to 26 or later first.'],
    ['webpack', '~3.12.0', 'app.js', 'webpack 3.12 cannot load tollgate: update to 4 or later first.'],
    ['typescript', '^4.9.5', 'app.js', undefined],
    ['typescript', '^4.9.5 || ^5.0.0', 'app.ts', undefined],
    ['typescript', '>=4', 'app.ts', undefined],
    ['typescript', '*', 'app.ts', undefined],
    ['jest', '^26.0.0', 'app.js', undefined],
  ] as const)
    test(`${file} with ${dependency} ${range} ${reason === undefined ? 'moves' : 'stays'}`, () => {
      // The one that is installed counts more, so the folder has to be far from ours.
      const project = mkdtempSync(join(tmpdir(), 'codemod-'))
      try {
        writeFileSync(join(project, 'package.json'), JSON.stringify({ devDependencies: { [dependency]: range } }))
        writeFileSync(join(project, file), mover)
        const { status, stdout } = runBin(project)
        expect([status, readFileSync(join(project, file), 'utf8')]).toEqual([0, reason === undefined ? moved : mover])
        if (reason !== undefined) expect(stdout.split('\n')[1]).toBe(`  ${reason}`)
      } finally {
        rmSync(project, { recursive: true })
      }
    })

  test('the installed version counts', () => {
    const file = write('app.ts', mover)
    mkdirSync(join(folder, 'node_modules/typescript'), { recursive: true })
    write('node_modules/typescript/package.json', '{ "version": "4.9.5" }')
    expect(runBin(folder).stdout).toContain('TypeScript 4.9 cannot load tollgate')
    expect(readFileSync(file, 'utf8')).toBe(mover)
  })
})

describe('routes that Twilio calls', () => {
  const note = 'Twilio calls this route, and nothing here verifies that it is Twilio'
  const express = "const twilio = require('twilio')\nconst app = require('express')()\n"
  const reading = `${express}app.post('/sms', (req, res) => res.send(req.body.MessageSid))\n`

  for (const [name, text, line] of [
    ['sms.js', reading, 3],
    ['voice.js', `${express}app.post('/v', (req, res) => res.send(new twilio.twiml.VoiceResponse()))\n`, 3],
    ['pattern.js', `${express}app.post('/s', (request, response) => {\n  const { From, Body } = request.body\n})\n`, 4],
    [
      'route.ts',
      "// twilio\nexport async function POST(request: Request) {\n  const form = await request.formData()\n  form.get('CallSid')\n}\n",
      4,
    ],
    [
      'service.ts',
      "import { twiml } from 'twilio'\nexport const answer = (body: Call) => [body.CallSid, new twiml.VoiceResponse()]\n",
      2,
    ],
  ] as const) {
    test(`${name} has a note if nothing verifies`, () => {
      const file = write(name, text)
      const { status, stdout } = runBin(folder)
      expect([status, stdout]).toEqual([0, expect.stringContaining(`unchanged ${file}\n  ${file}:${line} ${note}`)])
      expect(readFileSync(file, 'utf8')).toBe(text)
    })

    test(`${name} has no note if another file of the package verifies`, () => {
      write(name, text)
      write('guard.js', "// twilio\nexports.read = (req) => req.headers['x-twilio-signature']\n")
      expect(runBin(folder).stdout).not.toContain(note)
    })
  }

  for (const [name, text] of [
    ['sms.test.js', reading],
    ['client.js', "require('twilio')().messages.create({ From: '+1', Body: 'hello' }).then((m) => m.body.From)\n"],
    [
      'update.js',
      "module.exports = (req, res) => require('twilio')().calls('CA1').update({ twiml: new VoiceResponse().pause().toString() })\n",
    ],
    ['form.js', '// twilio\nmodule.exports = (req, res) => res.send(req.body.From)\n'],
    [
      'function.js',
      'exports.handler = (context, event, callback) => callback(null, new Twilio.twiml.VoiceResponse())\n',
    ],
  ] as const)
    test(`${name} has no note`, () => {
      write(name, text)
      expect(runBin(folder).stdout).not.toContain(note)
    })
})
