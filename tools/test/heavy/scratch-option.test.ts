import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { entries } from '../../../packages/tollgate/entries.js'
import { readBags, renderOptions } from '../../options.mjs'
import { root } from '../../run.mjs'

// Slow, because it compiles a copy of the library.

// Follows "Adding an option" of CONTRIBUTING in a copy: one row in a table, and its docstring. Each
// test fails if other code must name the option.
const row = "quietMinutes: { type: 'integer', least: 2, most: 9, default: 5 },"
const member = `
  /** How long it is quiet, in minutes, an integer from 2 to 9. Default 5. */
  readonly quietMinutes?: number | undefined
`
const authToken = '0123456789abcdef0123456789abcdef'
const publicUrl = 'https://api.example.com'

let folder: string
let library: string

function change(file: string, start: string, added: string): void {
  const text = readFileSync(join(library, file), 'utf8')
  expect(text).toContain(start)
  writeFileSync(join(library, file), text.replace(start, start + added))
}

beforeAll(() => {
  const cache = join(root, 'node_modules/.cache/tollgate')
  mkdirSync(cache, { recursive: true })
  folder = mkdtempSync(join(cache, 'scratch-option-'))
  library = join(folder, 'packages/tollgate/src')
  for (const part of ['tollgate', 'gateway', 'inspector'])
    cpSync(join(root, `packages/${part}/src`), join(folder, `packages/${part}/src`), { recursive: true })
  change('verify/options.ts', 'export const verifierOptions = {', row)
  change('verify/types.ts', 'export interface VerifierOptions {', member)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Bundles a module of the copy. What it imports from the library comes from the copy, too. */
async function load<T>(contents: string): Promise<T> {
  const outfile = join(folder, `${Math.random()}.mjs`)
  await build({
    stdin: { contents, resolveDir: join(folder, 'packages'), loader: 'ts' },
    alias: {
      '#hmac': join(library, 'hmac/node.ts'),
      '#ecdsa': join(library, 'ecdsa/node.ts'),
      ...Object.fromEntries(
        Object.entries(entries).map(([entry, source]) => [`tollgate${entry.slice(1)}`, join(library, '..', source)]),
      ),
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  })
  return import(pathToFileURL(outfile).href)
}

test('the verifier checks it, and suggests its name', async () => {
  const { createVerifier } = await load<{ createVerifier(options: object): object }>(
    "export { createVerifier } from './tollgate/src/index.ts'",
  )
  const make = (options: object) => () => createVerifier({ publicUrl, authToken, ...options })
  expect(make({ quietMinutes: 2 })).not.toThrow()
  expect(make({ quietMinutes: 10 })).toThrow(new RangeError('"quietMinutes" must be an integer from 2 to 9'))
  expect(make({ quietMinutes: '2' })).toThrow(new TypeError('"quietMinutes" must be a number, got string'))
  expect(make({ quietMinuets: 2 })).toThrow('Did you mean "quietMinutes"?')
})

test('the function that reads the options gets the default', async () => {
  const { parseOptions } = await load<{ parseOptions(options: object): { given: object } }>(
    "export { parseOptions } from './tollgate/src/verify/options.ts'",
  )
  expect(parseOptions({ publicUrl, authToken }).given).toMatchObject({ quietMinutes: 5 })
})

async function compile(): Promise<string> {
  writeFileSync(
    join(folder, 'probe.ts'),
    `import { createVerifier, type VerifierOptions } from './packages/tollgate/src/index.ts'
export const right: VerifierOptions = { quietMinutes: 3 }
// @ts-expect-error: it is a number
export const wrong: VerifierOptions = { quietMinutes: 'three' }
export const create: typeof createVerifier = createVerifier
`,
  )
  const paths = {
    '#hmac': ['./packages/tollgate/src/hmac/node.ts'],
    '#ecdsa': ['./packages/tollgate/src/ecdsa/node.ts'],
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'packages/tollgate/tsconfig.json'),
      compilerOptions: { rootDir: '.', typeRoots: [join(root, 'node_modules/@types')], paths },
      include: [],
      files: ['probe.ts'],
    }),
  )
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error) => error)
  return stdout
}

test('the public types have it', async () => {
  expect(await compile()).toBe('')
}, 120_000)

test('the compiler refuses a row without the option in the interface', async () => {
  const file = join(library, 'verify/types.ts')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(member, ''))
  expect(await compile()).toContain('quietMinutes')
  writeFileSync(file, text)
}, 120_000)

test('the pages of the library and of the gateway have its row', () => {
  const bags = readBags(folder)
  const cells = '| `quietMinutes` | 5 | How long it is quiet, in minutes, an integer from 2 to 9. |'
  for (const page of ['docs/options.md', 'docs/gateway.md']) expect(renderOptions(page, bags)).toContain(cells)
})

test('the configuration of the gateway has it', async () => {
  const { configurationSchema, checkOptions } = await load<{
    configurationSchema: { safeParse(value: object): { success: boolean; error?: Error } }
    checkOptions(options: object): Iterable<number>
  }>(`export { checkOptions } from './gateway/src/check-options.ts'
export { configurationSchema } from './gateway/src/config/schema.ts'`)
  const route = { path: '/', upstream: 'http://127.0.0.1:3000', publicUrl }
  const parse = (quietMinutes: unknown) => configurationSchema.safeParse({ routes: [{ ...route, quietMinutes }] })
  expect(parse(2)).toMatchObject({ success: true, data: { routes: [{ quietMinutes: 2 }] } })
  expect(parse(10).error?.message).toContain('must be an integer from 2 to 9')
  const check = (given: object) => [...checkOptions({ routes: [{ ...route, authToken, ...given }] })]
  check({ quietMinutes: 2 })
  expect(() => check({ quietMinute: 2 })).toThrow('Did you mean "quietMinutes"?')
})
