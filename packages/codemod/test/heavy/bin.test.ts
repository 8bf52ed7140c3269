import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bin, folder, moved, mover, runBin, useFolder, write } from '../run-bin.ts'
import { listSources, runSources } from '../sources.ts'

// Slow, because each run starts the command, and the command starts a process for the parser.
useFolder()

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

for (const [title, passing, between, using] of [
  ['export *', "export * from 'twilio'\n", '', "import { validateRequest } from './sdk.mjs'\n"],
  [
    'a spread',
    "export const sdk = { ...(await import('twilio')) }\n",
    '',
    "import * as sdk from './sdk.mjs'; sdk.webhook()\n",
  ],
  [
    'another export',
    "export * from 'twilio'\n",
    "export * from './sdk.mjs'\n",
    "import { webhook } from '@/lib.mjs'\n",
  ],
] as const)
  test(`twilio that one file passes on, and another one validates with, is a note that names both: ${title}`, () => {
    const sdk = write('sdk.mjs', passing)
    if (between !== '') write('lib.mjs', between)
    write('other.mjs', "import { validateRequest } from './unrelated.mjs'\n")
    const user = write('guard.mjs', `\n${using}`)
    write('app.js', mover)
    const { stdout } = runBin(folder)
    expect(stdout).toContain(`unchanged ${sdk}\n  ${sdk}:1 twilio goes on from here`)
    expect(stdout).toContain(`tollgate/compat instead in ${user}:2.\n`)
    expect(stdout).toContain('1 file changed, 2 files with notes')
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

test('a file of 3 GB without twilio is no error', () => {
  truncateSync(write('huge.js', ''), 3 * 2 ** 30)
  expect(runBin(folder)).toMatchObject({ status: 0, stderr: '', stdout: '0 files changed, 0 files with notes.\n' })
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

test('characters that stay unseen in names are shown as escapes', () => {
  write('a\u200b\u00ad\ufeff\u{e0041}\u3164b.js', mover)
  expect(runBin('--dry-run', folder).stdout).toContain('a\\u200b\\u00ad\\ufeff\\u{e0041}\\u3164b.js')
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
