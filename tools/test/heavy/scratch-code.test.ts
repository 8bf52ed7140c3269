import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleSource } from '../../causes.mjs'
import { root } from '../../run.mjs'

// Slow, because it compiles a copy of the library.

// CONTRIBUTING promises that a rejection code is one row, the step that returns it, and its texts.
// This takes these from its section, adds them to a copy, and changes nothing else.
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const section = /## Adding a rejection code\n([\s\S]*?)\n## /.exec(contributing)?.[1] ?? ''
const [row = '', step = '', texts = ''] = [...section.matchAll(/```[tj]s\n([\s\S]*?) {3}```/g)].map(([, code = '']) =>
  code.replace(/^ {3}/gm, ''),
)

const cache = join(root, 'node_modules/.cache/tollgate')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'scratch-code-'))
const source = join(folder, 'packages/tollgate/src')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Inserts a text before a line that stands once in a file. */
function insert(file: string, line: string, text: string): void {
  const code = readFileSync(join(folder, file), 'utf8')
  expect(code.split(line)).toHaveLength(2)
  writeFileSync(
    join(folder, file),
    code.replace(line, () => text + line),
  )
}

beforeAll(() => {
  cpSync(join(root, 'packages/tollgate/src'), source, { recursive: true })
  for (const file of ['causes.mjs', 'rejection-pages.mjs', 'run.mjs'])
    cpSync(join(root, 'tools', file), join(folder, 'tools', file))
  const verdict = 'packages/tollgate/src/verdict.ts'
  insert(verdict, "  | 'method_not_allowed'\n", "  | 'host_unlucky'\n")
  insert(verdict, '  method_not_allowed: row(', row)
  const line = "  const signature = readSingle(header, 'x-twilio-signature')\n"
  const [file = ''] = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && readFileSync(join(source, path), 'utf8').includes(line),
  )
  insert(join('packages/tollgate/src', file), line, step)
  insert('tools/rejection-pages.mjs', '  method_not_allowed: {\n', texts)
})

test('the library with the code compiles, and without its row it does not', async () => {
  const paths = Object.fromEntries(
    ['hmac', 'ecdsa'].map((name) => [`#${name}`, [`./packages/tollgate/src/${name}/node.ts`]]),
  )
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../../packages/tollgate/tsconfig.json',
      compilerOptions: { rootDir: '.', paths, noEmit: true },
      include: [],
      files: ['packages/tollgate/src/index.ts'],
    }),
  )
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const compile = async (): Promise<string> =>
    (await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error) => error)).stdout
  expect(await compile()).toBe('')
  const file = join(source, 'verdict.ts')
  const code = readFileSync(file, 'utf8')
  writeFileSync(file, code.replace(row, ''))
  expect(await compile()).toContain("'host_unlucky' is missing")
  writeFileSync(file, code)
}, 180_000)

test('a verifier refuses a request with it, and the message ends with its page', async () => {
  const library = await bundleSource<typeof import('tollgate')>(source, "export { createVerifier } from './index.ts'")
  const verifier = library.createVerifier({ publicUrl: 'https://api.example.com', authToken: 'a'.repeat(32) })
  const refuse = (host: string) => verifier.verify({ method: 'GET', url: '/', headers: { host } })
  expect(await refuse('api13.example.com')).toMatchObject({
    ok: false,
    code: 'host_unlucky',
    status: 403,
    message: expect.stringMatching(/^The host has the number 13\. See \S+\/codes\/host_unlucky\.(md|html)$/),
  })
  expect(await refuse('api.example.com')).toMatchObject({ code: 'signature_missing' })
})

test('npm run causes writes its page, and the table of codes has it', async () => {
  const file = pathToFileURL(join(folder, 'tools/causes.mjs')).href
  const { renderPages }: typeof import('../../causes.mjs') = await import(file)
  const pages = await renderPages(source)
  const page = pages.get('docs/codes/host_unlucky.md') ?? ''
  expect(page).toContain('# host_unlucky')
  expect(page).toContain('**What to do.** Choose another host.')
  expect(pages.get('docs/why-does-validation-fail.md')).toContain('[`host_unlucky`](codes/host_unlucky.md) | 403')
})
