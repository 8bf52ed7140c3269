import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../run.mjs'

// Slow, because it builds a copy of the library.

// CONTRIBUTING promises that a cause is one row. This takes the row from its section, adds it to a
// copy, and changes nothing else.
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const [, section = ''] = /## Adding a cause to the diagnosis\n([\s\S]*?)\n## /.exec(contributing) ?? []
const [, code = ''] = /```ts\n([\s\S]*?) {3}```/.exec(section) ?? []
const row = code.replace(/^ {3}/gm, '')

const cache = join(root, 'node_modules/.cache/tollgate')
let folder: string
let source: string

beforeAll(() => {
  mkdirSync(cache, { recursive: true })
  folder = mkdtempSync(join(cache, 'scratch-cause-'))
  source = join(folder, 'src')
  cpSync(join(root, 'packages/tollgate/src'), source, { recursive: true })
  const file = join(source, 'diagnose/causes/url.ts')
  const start = 'export const urlCauses = {\n'
  const before = readFileSync(file, 'utf8')
  expect(before).toContain(start)
  writeFileSync(
    file,
    before.replace(start, () => start + row),
  )
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the public types have it', async () => {
  writeFileSync(
    join(folder, 'probe.ts'),
    `import type { CauseId } from './src/diagnose/index.ts'
export const id: CauseId = 'host_reversed'
// @ts-expect-error: there is no such cause
export const other: CauseId = 'host_sideways'
`,
  )
  const paths = { '#hmac': ['./src/hmac/node.ts'], '#ecdsa': ['./src/ecdsa/node.ts'] }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../../packages/tollgate/tsconfig.json',
      compilerOptions: { rootDir: '.', paths },
      include: [],
      files: ['probe.ts'],
    }),
  )
  const tsc = join(root, 'compiler/node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error) => error)
  expect(stdout).toBe('')
}, 180_000)

test('the diagnosis proves it, and with the line that it prints, the same request passes', async () => {
  const outfile = join(folder, 'library.mjs')
  await build({
    stdin: {
      contents: "export { diagnose } from './diagnose/index.ts'\nexport { createVerifier } from './index.ts'",
      resolveDir: source,
      loader: 'ts',
    },
    alias: { '#hmac': join(source, 'hmac/node.ts'), '#ecdsa': join(source, 'ecdsa/node.ts') },
    outfile,
    platform: 'node',
    bundle: true,
    format: 'esm',
  })
  const { diagnose, createVerifier } = await import(pathToFileURL(outfile).href)
  const authToken = '0123456789abcdef0123456789abcdef'
  const { method, headers, body } = signRequest({
    url: 'https://moc.elpmaxe.ipa/sms',
    params: { Body: 'a' },
    authToken,
  })
  const request = { method, url: '/sms', headers, body: body ?? '' }
  const { proven } = await diagnose(request, { publicUrl: 'https://api.example.com', authToken })
  const setting = "publicUrl: 'https://moc.elpmaxe.ipa'"
  const detail = 'Twilio signed the host "moc.elpmaxe.ipa", which is "api.example.com" backwards.'
  expect(proven).toMatchObject({ causes: [{ id: 'host_reversed', detail, fix: `Set ${setting}.` }], setting })
  const changed = new Function(`return ({ ${setting} })`)()
  expect(await createVerifier({ authToken, ...changed }).verify(request)).toMatchObject({ ok: true })
}, 180_000)
