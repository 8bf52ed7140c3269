import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listSources, makeFolder, runSources } from './sources.ts'

let folder: string

beforeEach(() => {
  folder = makeFolder()
  writeFileSync(join(folder, 'package.json'), '{ "dependencies": { "twilio": "6.2.0" } }')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))

function runBin(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' })
}

function write(name: string, content: string | Buffer): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

const mover = "const twilio = require('twilio')\nmodule.exports = twilio.webhook({ protocol: 'https' })\n"
const moved = mover.replace("'twilio'", "'tollgate/compat'")
const hostNote = 'Without `url` or `host`'

test('the files of a folder behave as before', () => {
  const sources = listSources('moves')
  for (const { name, text } of sources) write(name, text)
  expect(runBin(folder)).toMatchObject({ status: 0, stderr: '' })
  const results = sources.map(({ name }) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
  for (const { name, text } of results) expect.soft(text, name).toContain('tollgate/compat')
  expect(runSources(folder, results)).toEqual(results.map(() => [true, false]))
})

test('a dry run writes nothing and lists the lines to check', () => {
  const file = write('app.js', mover)
  const { status, stdout } = runBin('--dry-run', folder)
  expect([status, readFileSync(file, 'utf8')]).toEqual([0, mover])
  expect(stdout).toContain(`would change ${file}\n  ${file}:2 ${hostNote}`)
})

const notFollowed = 'This use of twilio was not followed. Move the validation by hand if it goes through here.'
const lister = "const twilio = require('./sdk')(require('twilio'))\nmodule.exports = twilio.validateRequest\n"

test('notes are listed where nothing changes, too', () => {
  const file = write('app.js', lister)
  expect(runBin(folder)).toMatchObject({
    status: 0,
    stdout: `unchanged ${file}\n  ${file}:1 ${notFollowed}\n0 files changed, 1 file with notes.\n`,
  })
})

test('a file without a name of validation has no note, and is counted', () => {
  write('send.js', "module.exports = require('./sdk')(require('twilio')).messages\n")
  write('send.test.js', "jest.mock('twilio', () => () => ({ messages: {} }))\n")
  write('broken.js', '\nconst = require("twilio").MessagingResponse')
  expect(runBin(folder)).toMatchObject({
    status: 0,
    stderr: '',
    stdout:
      '0 files changed, 0 files with notes. 2 files with twilio, but nothing to move or to check. ' +
      `1 file without validation could not be parsed: ${join(folder, 'broken.js')}.\n`,
  })
})

test('the package that lacks the dependency is named once', () => {
  write('one.js', mover)
  write('two.js', mover)
  const manifest = join(folder, 'package.json')
  const line = `${manifest} needs the dependency: npm install tollgate\n`
  expect(runBin(folder).stdout.split(line)).toHaveLength(2)
  write('three.js', mover)
  writeFileSync(manifest, '{ "dependencies": { "tollgate": "0.1.0" } }')
  expect(runBin(folder).stdout).not.toContain('npm install')
})

test('a package.json that only sets the format of a folder is not a package', () => {
  mkdirSync(join(folder, 'esm'))
  write('esm/package.json', '{ "type": "commonjs" }')
  write('esm/app.js', mover)
  expect(runBin(folder).stdout).toContain(`${join(folder, 'package.json')} needs the dependency`)
})

test('a file that names only the global of Twilio Functions is read', () => {
  const file = write('app.js', 'Twilio.validateRequest()\n')
  const { status, stdout } = runBin(folder)
  expect([status, stdout]).toEqual([
    0,
    `unchanged ${file}\n  ${file}:1 ${notFollowed}\n0 files changed, 1 file with notes.\n`,
  ])
})

test('a manual mock of validation lets nothing move, and one of a module beside it does', () => {
  const text = 'exports.webhook = () => (request, response, next) => next()\n'
  mkdirSync(join(folder, '__mocks__/twilio/lib/webhooks'), { recursive: true })
  mkdirSync(join(folder, 'sdk/__mocks__'), { recursive: true })
  write('sdk/twilio.ts', 'export {}')
  write('sdk/__mocks__/twilio.ts', text)
  write('__mocks__/express.js', text)
  write('__mocks__/twilio/rest.js', text)
  const file = write('app.js', mover)
  expect(runBin('--dry-run', folder).stdout).toContain(`would change ${file}`)
  for (const name of ['twilio.js', 'twilio/index.ts', 'twilio/lib/webhooks/webhooks.js']) {
    const mock = write(`__mocks__/${name}`, text)
    const { status, stdout } = runBin(folder)
    expect([status, readFileSync(file, 'utf8')]).toEqual([0, mover])
    expect(stdout).toContain(`${join(folder, 'package.json')}: nothing moves in this package.\n`)
    expect(stdout).toContain(`cannot follow it: ${mock}.\n`)
    expect(stdout).toContain(`unchanged ${mock}\n  ${mock}:1 This replaces validation of twilio`)
    expect(stdout).toMatch(/\n0 files changed, 1 file with notes\. 1 file could move, but stays with its package\.\n$/)
    rmSync(mock)
  }
})

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
    const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
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

test('what git ignores, output and folders of tools are not searched', () => {
  spawnSync('git', ['init', '--quiet', folder])
  write('.gitignore', 'generated/\n*.bundle.js\n')
  const inner = ['generated', '.next/server', 'out', '.yarn/releases', 'src']
  for (const name of inner) mkdirSync(join(folder, name), { recursive: true })
  const files = [...inner.map((name) => `${name}/app.js`), 'app.bundle.js'].map((name) => write(name, mover))
  const { status, stdout } = runBin(folder)
  expect([status, stdout]).toEqual([0, expect.stringContaining(`changed ${join(folder, 'src/app.js')}\n`)])
  expect(stdout).toContain('1 file changed, 1 file with notes. Not searched: app.bundle.js, generated, out.\n')
  expect(files.filter((file) => readFileSync(file, 'utf8') === moved)).toEqual([join(folder, 'src/app.js')])
  // Whoever names a folder wants it searched.
  expect(runBin(join(folder, 'generated')).stdout).toContain('1 file changed')
})

test('a large file is not parsed, and is named if it has validation', () => {
  const large = write('bundle.js', `${mover}${'void 0\n'.repeat(100_000)}`)
  write('other.js', `require('twilio')\n${'void 0\n'.repeat(100_000)}`)
  expect(runBin(folder)).toMatchObject({
    status: 0,
    stdout:
      '0 files changed, 0 files with notes. 1 file with twilio, but nothing to move or to check. ' +
      `1 file not read, because of the size: ${large}.\n`,
  })
})

test('a file that ends the parser is reported, and the others are moved', () => {
  const brackets = `${'['.repeat(8000)}${']'.repeat(8000)}\n`
  write('a-first.js', `module.exports = require('twilio').MessagingResponse\n${brackets}`)
  const deep = write('b-deep.js', `${mover}${brackets}`)
  const file = write('c-app.js', mover)
  const { status, stdout, stderr } = runBin(folder)
  expect([status, stderr]).toEqual([1, `${deep}: this file is too large or nested too deeply\n`])
  expect(stdout).toContain(`changed ${file}`)
  expect(stdout).toContain('1 file without validation could not be parsed')
})

test('a folder that cannot be read is reported, and the others are moved', () => {
  mkdirSync(join(folder, 'secret'))
  write('secret/app.js', mover)
  const file = write('app.js', mover)
  // Root may read every folder, so the system call itself has to fail.
  const preload = write(
    'preload.mjs',
    `import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const { readdirSync } = fs
    fs.readdirSync = (path, ...rest) => {
      if (path.endsWith('secret')) throw new Error('EACCES: permission denied')
      return readdirSync(path, ...rest)
    }
    syncBuiltinESMExports()`,
  )
  const args = ['--import', preload, bin, folder]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect([status, stderr]).toEqual([1, `${join(folder, 'secret')}: EACCES: permission denied\n`])
  expect(stdout).toContain(`changed ${file}`)
})

test('a file that is nested too deeply is reported and stays', () => {
  const text = `${mover}sum = ${'1 +\n'.repeat(20_000)} 1\n`
  const file = write('app.js', text)
  expect(runBin(file)).toMatchObject({ status: 1, stderr: `${file}: this file is too large or nested too deeply\n` })
  expect(readFileSync(file, 'utf8')).toBe(text)
})

test('the owner of a file stays', () => {
  const file = write('app.js', mover)
  if (process.getuid?.() === 0) chownSync(file, 12_345, 12_345)
  const { uid, gid } = statSync(file)
  expect(runBin(file)).toMatchObject({ status: 0 })
  expect(statSync(file)).toMatchObject({ uid, gid })
  expect(readFileSync(file, 'utf8')).toBe(moved)
})

test('a file that cannot be parsed is reported and stays, and the others are moved', () => {
  const broken = write('broken.js', '\nconst = require("twilio").webhook()')
  const file = write('app.js', mover)
  const { status, stdout, stderr } = runBin(folder)
  expect(status).toBe(1)
  expect(stderr).toContain(`${broken}: line 2`)
  expect(stdout).toContain(`changed ${file}`)
  expect(readFileSync(broken, 'utf8')).toBe('\nconst = require("twilio").webhook()')
})

test('a file in another encoding is reported and stays', () => {
  for (const bytes of [Buffer.from(`// caf\u00e9\n${mover}`, 'latin1'), Buffer.from(`\uFEFF${mover}`, 'utf16le')]) {
    const file = write('app.js', bytes)
    const { status, stderr } = runBin(file)
    // In UTF-16 there is no byte sequence "twilio".
    expect([status, stderr]).toEqual(bytes.includes('twilio') ? [1, `${file}: this file is not UTF-8\n`] : [0, ''])
    expect(readFileSync(file).equals(bytes)).toBe(true)
  }
})

test('files without twilio, of other languages and of other packages are skipped', () => {
  mkdirSync(join(folder, 'node_modules'))
  write('none.js', 'const = 1')
  write('page.vue', `<script>\n${mover}</script>`)
  write('types.d.mts', "export { webhook } from 'twilio'")
  write('node_modules/app.js', mover)
  expect(runBin(folder)).toMatchObject({ status: 0, stdout: '0 files changed, 0 files with notes.\n', stderr: '' })
  const page = join(folder, 'page.vue')
  const { status, stderr } = runBin(page)
  expect([status, stderr]).toEqual([1, `${page}: this is not a JavaScript or TypeScript file\n`])
})

test('the mode of a file stays, and a link stays a link', () => {
  const file = write('app.js', `#!/usr/bin/env node\n${mover}`)
  chmodSync(file, 0o750)
  const link = join(folder, 'link.js')
  symlinkSync('app.js', link)
  expect(runBin(link)).toMatchObject({ status: 0 })
  expect(readFileSync(file, 'utf8')).toBe(`#!/usr/bin/env node\n${moved}`)
  expect(statSync(file).mode & 0o777).toBe(0o750)
  expect(readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink())).toHaveLength(1)
  expect(readdirSync(folder)).toHaveLength(3)
})

test('control characters in names are shown as escapes', () => {
  write('a\u001b[31m\n\u202eb.js', mover)
  write('c\u001b[31m.js', 'const = twilio.webhook')
  const runs = [runBin('--dry-run', folder), runBin('\u001b[31mnone.js'), runBin('--\u001b[31mnone')]
  for (const { stdout, stderr } of runs) {
    expect(stdout + stderr).not.toContain('\u001b')
    expect(stdout + stderr).not.toContain('\u202e')
  }
  expect(runs[0]?.stdout).toContain('a\\u001b[31m\\u000a\\u202eb.js:2 ')
  expect(runs[0]?.stderr).toContain('c\\u001b[31m.js: line 1')
})

test('a device is refused, not read to its end', () => {
  const { status, stderr } = runBin('/dev/null')
  expect([status, stderr.split('\n')[0]]).toEqual([2, '/dev/null is not a file or folder.'])
})

test('wrong usage exits with 2 and names the mistake', () => {
  for (const [args, text] of [
    [[], 'PATH is missing'],
    [['--nope', folder], '--nope'],
    [['/does/not/exist'], 'does not exist'],
  ] as const) {
    const { status, stderr } = runBin(...args)
    expect([status, stderr.includes(text)]).toEqual([2, true])
  }
})
