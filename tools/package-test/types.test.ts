import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entries } from '../../packages/tollgate/entries.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
// In the repository, so that the compiler finds the built package, the frameworks and `twilio`.
const scratch = mkdtempSync(join(root, 'tools/types-'))
const oldest = mkdtempSync(join(tmpdir(), 'tollgate-typescript-'))

const compilers = { 'the newest TypeScript': root, 'TypeScript 5.0': oldest }
const resolutions = { node16: 'node16', bundler: 'esnext', node10: 'commonjs' }

const everyEntry = Object.keys(entries)
  .map((entry, index) => `import * as m${index} from '${entry.replace('.', 'tollgate')}'\nconsole.log(m${index})\n`)
  .join('')
const twilioCode = readFileSync(join(root, 'packages/tollgate/test/types/twilio-code.test-d.ts'), 'utf8')
const useLibrary = (name: string): string => twilioCode.replace(`'../../src/compat/index.ts'`, `'${name}'`)

// One run of the compiler for all three, because reading the types of twilio takes most of its
// time.
const users = {
  'compat.ts': useLibrary('tollgate/compat'),
  'twilio.ts': useLibrary('twilio/lib/webhooks/webhooks.js'),
  'mistake.ts': `import { webhook } from 'tollgate/compat'\nwebhook({ authtoken: 'token' })\n`,
}

// Not a dev dependency: its command would replace the newer `tsc`.
beforeAll(() => {
  writeFileSync(join(oldest, 'package.json'), '{ "private": true }')
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', 'typescript@5.0.4']
  const { status, stderr } = spawnSync('npm', args, { cwd: oldest, shell: process.platform === 'win32' })
  if (status !== 0) throw new Error(`${stderr}`)
})

afterAll(() => {
  for (const folder of [scratch, oldest]) rmSync(folder, { recursive: true, force: true })
})

/**
 * Lists the errors in the files and in the types of this package. Other packages have their own.
 */
function compile(
  compiler: string,
  moduleResolution: string,
  files: Readonly<Record<string, string>>,
  skipLibCheck: boolean,
): readonly string[] {
  const compilerOptions = {
    module: resolutions[moduleResolution as keyof typeof resolutions],
    moduleResolution,
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    esModuleInterop: true,
    noEmit: true,
    skipLibCheck,
    // TypeScript 6 is the last that has node10.
    ...(moduleResolution === 'node10' && compiler === root && { ignoreDeprecations: '6.0' }),
  }
  for (const [name, code] of Object.entries(files)) writeFileSync(join(scratch, name), code)
  writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }))
  const tsc = join(compiler, 'node_modules/typescript/lib/tsc.js')
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', scratch], { cwd: root, encoding: 'utf8' })
  const own = new RegExp(`^(error|tools/${basename(scratch)}/|packages/tollgate/)`)
  return `${stdout}${stderr}`.split(/\r?\n/).filter((line) => own.test(line))
}

describe.each(Object.entries(compilers))('%s', (_name, compiler) => {
  describe.each(Object.keys(resolutions))('with moduleResolution %s', (moduleResolution) => {
    test('compiles every entry', () => {
      expect(compile(compiler, moduleResolution, { 'entries.ts': everyEntry }, false)).toEqual([])
    })

    test('compiles code for twilio, with tollgate/compat and with twilio itself, and finds a mistake', () => {
      expect(compile(compiler, moduleResolution, users, true)).toEqual([
        expect.stringMatching(/mistake\.ts.*authtoken/),
      ])
    })
  })
})
