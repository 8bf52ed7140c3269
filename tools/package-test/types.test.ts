import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import type TypeScript from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entries } from '../../packages/tollgate/entries.js'
import { install, makeScratch, root, writeProject } from './project.ts'

// In the repository, so that the compiler finds the built package, the frameworks and `twilio`, and where git does
// not look: other tests copy what it lists.
const scratches = join(root, 'tools/.build')
mkdirSync(scratches, { recursive: true })
const scratch = mkdtempSync(join(scratches, 'types-'))
const oldest = makeScratch()

const compilers = { 'the newest TypeScript': root, 'TypeScript 5.0': oldest }
const resolutions = { node16: 'node16', bundler: 'esnext', node10: 'commonjs' }

const everyEntry = Object.keys(entries)
  .map((entry, index) => `import * as m${index} from '${entry.replace('.', 'tollgate')}'\nconsole.log(m${index})\n`)
  .join('')
const twilioCode = readFileSync(join(root, 'packages/tollgate/test/types/twilio-code.test-d.ts'), 'utf8')
const useLibrary = (name: string): string => twilioCode.replace(`'../../src/compat/index.ts'`, `'${name}'`)

const users = {
  'compat.ts': useLibrary('tollgate/compat'),
  'twilio.ts': useLibrary('twilio/lib/webhooks/webhooks.js'),
  'mistake.ts': `import { webhook } from 'tollgate/compat'\nwebhook({ authtoken: 'token' })\n`,
}
const sources = { 'entries.ts': everyEntry, ...users }

// Not a dev dependency: its command would replace the newer `tsc`.
beforeAll(() => {
  for (const [name, code] of Object.entries(sources)) writeFileSync(join(scratch, name), code)
  writeProject(oldest, {})
  install(oldest, 'typescript@5.0.4')
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/**
 * Lists the errors in our files and in the types of this package. The other packages have errors of
 * their own, and checking their types would take most of the time. One program has all files,
 * because it reads many packages.
 */
function compile(compiler: string, moduleResolution: string): readonly string[] {
  const ts: typeof TypeScript = createRequire(join(compiler, 'package.json'))('typescript')
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
    // TypeScript 6 is the last that has node10.
    ...(moduleResolution === 'node10' && compiler === root && { ignoreDeprecations: '6.0' }),
  }
  const json = { compilerOptions, files: Object.keys(sources) }
  const config = ts.parseJsonConfigFileContent(json, ts.sys, scratch, {}, join(scratch, 'tsconfig.json'))
  const program = ts.createProgram(config.fileNames, config.options)
  const own = program.getSourceFiles().filter(({ fileName }) => /^(tools|packages\/tollgate)\//.test(nameOf(fileName)))
  expect(own.length).toBeGreaterThan(json.files.length + Object.keys(entries).length)
  return [
    ...config.errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...own.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ].map(({ file, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n')
    return file === undefined ? text : `${nameOf(file.fileName)}: ${text}`
  })
}

const nameOf = (file: string): string => relative(root, file).replaceAll('\\', '/')

describe.each(Object.entries(compilers))('%s', (_name, compiler) => {
  describe.each(Object.keys(resolutions))('with moduleResolution %s', (moduleResolution) => {
    let errors: readonly string[]
    beforeAll(() => {
      errors = compile(compiler, moduleResolution)
    })
    const isOfUser = (error: string): boolean => Object.keys(users).some((name) => error.includes(`/${name}: `))

    test('compiles every entry', () => {
      expect(errors.filter((error) => !isOfUser(error))).toEqual([])
    })

    test('compiles code for twilio, with tollgate/compat and with twilio itself, and finds a mistake', () => {
      expect(errors.filter(isOfUser)).toEqual([expect.stringMatching(/mistake\.ts.*authtoken/)])
    })
  })
})
