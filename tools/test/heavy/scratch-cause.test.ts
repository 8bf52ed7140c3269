import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { entries } from '../../../packages/tollgate/entries.js'
import { renderPages } from '../../causes.mjs'
import { root } from '../../run.mjs'

// Slow, because it builds copies of the library, the command line and the inspector.

// CONTRIBUTING promises that a cause is one row, with its sample. This takes both from its section,
// adds them to a copy, and changes nothing else.
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const section = /## Adding a cause to the diagnosis\n([\s\S]*?)\n## /.exec(contributing)?.[1] ?? ''
const [row = '', sample = '', rowOfSendGrid = ''] = [...section.matchAll(/```ts\n([\s\S]*?)(?: {3})?```/g)].map(
  ([, code = '']) => code.replace(/^ {3}/gm, ''),
)

const authToken = '0123456789abcdef0123456789abcdef'
const host = 'api.example.com'
const setting = "publicUrl: 'https://moc.elpmaxe.ipa'"
const detail = 'Twilio signed the host "moc.elpmaxe.ipa", which is "api.example.com" backwards.'

const cache = join(root, 'node_modules/.cache/tollgate')
let folder: string
let source: string

function insert(file: string, start: string, text: string): void {
  const code = readFileSync(join(folder, file), 'utf8')
  expect(code).toContain(start)
  writeFileSync(
    join(folder, file),
    code.replace(start, () => start + text),
  )
}

beforeAll(() => {
  mkdirSync(cache, { recursive: true })
  folder = mkdtempSync(join(cache, 'scratch-cause-'))
  source = join(folder, 'packages/tollgate/src')
  for (const part of ['packages/tollgate/src', 'conformance/diagnosis', 'conformance/kit', 'conformance/data'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  insert('packages/tollgate/src/diagnose/causes/url.ts', 'export const urlCauses = {\n', row)
  const causesOfSendGrid = /`(packages\/\S+\/sendgrid\/causes\.ts)`/.exec(section)?.[1] ?? ''
  insert(causesOfSendGrid, '\nconst rows = {\n', rowOfSendGrid)
  insert('conformance/diagnosis/made/direct-url.ts', 'directUrlRows: readonly DirectRow[] = [\n', sample)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Bundles modules into a file, with the copy in place of the library, and returns the file. */
async function bundle(outfile: string, contents: string): Promise<string> {
  const library = Object.entries(entries).map(([entry, file]) => [
    `tollgate${entry.slice(1)}`,
    join(folder, 'packages/tollgate', file),
  ])
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    // The longest name first: esbuild takes `tollgate` as the start of `tollgate/diagnose` too.
    alias: Object.fromEntries([
      ...library.reverse(),
      ['@tollgate/gateway', join(root, 'packages/gateway/src/index.ts')],
      ['#hmac', join(source, 'hmac/node.ts')],
      ['#ecdsa', join(source, 'ecdsa/node.ts')],
    ]),
    outfile,
    platform: 'node',
    bundle: true,
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
  return outfile
}

test('the public types have it', async () => {
  writeFileSync(
    join(folder, 'probe.ts'),
    `import { type CauseId, diagnose } from './packages/tollgate/src/diagnose/index.ts'
export const id: CauseId = 'host_reversed'
// @ts-expect-error: there is no such cause
export const other: CauseId = 'host_sideways'
export const run: typeof diagnose = diagnose
`,
  )
  const paths = Object.fromEntries(
    ['hmac', 'ecdsa'].map((name) => [`#${name}`, [`./packages/tollgate/src/${name}/node.ts`]]),
  )
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

interface Library {
  diagnose(request: object, options: object): Promise<Diagnosed>
  createVerifier(options: object): { verify(request: object): Promise<{ readonly ok: boolean }> }
  listMadeSetUps(): Promise<readonly SetUp[]>
}

interface SetUp {
  readonly expected: readonly (readonly string[])[]
  readonly request: object
  readonly options: object
}

interface Diagnosed {
  readonly proven?: { readonly causes: readonly object[]; readonly setting?: string }
  readonly suspected: readonly object[]
}

let library: Library
let setUp: SetUp

test('the sample is in the corpus, alone with its cause', async () => {
  const file = await bundle(
    join(folder, 'library.mjs'),
    `export { diagnose } from 'tollgate/diagnose'
export { createVerifier } from 'tollgate'
export { listMadeSetUps } from ${JSON.stringify(join(folder, 'conformance/diagnosis/made/index.ts'))}`,
  )
  library = await import(pathToFileURL(file).href)
  const made = await library.listMadeSetUps()
  const [found, ...others] = made.filter(({ expected }) => expected.flat().includes('host_reversed'))
  expect(others).toEqual([])
  expect(found?.expected).toEqual([['host_reversed']])
  setUp = found as SetUp
})

test('the diagnosis proves it, with the line to copy as its fix', async () => {
  const { proven } = await library.diagnose(setUp.request, setUp.options)
  expect(proven?.causes).toEqual([{ id: 'host_reversed', detail, fix: `Set ${setting}.` }])
  expect(proven?.setting).toBe(setting)
})

test('with the line, the same request passes', async () => {
  const changed = new Function(`return ({ ${setting} })`)()
  expect(await library.createVerifier(setUp.options).verify(setUp.request)).toMatchObject({ ok: false })
  const verifier = library.createVerifier({ ...setUp.options, ...changed })
  expect(await verifier.verify(setUp.request)).toMatchObject({ ok: true })
})

test('the diagnosis suspects it, with the fix of the proxy', async () => {
  const options = { publicUrl: 'https://moc.elpmaxe.ipa', authToken: 'f'.repeat(32), framework: 'nginx' }
  const { suspected } = await library.diagnose(setUp.request, options)
  expect(suspected).toContainEqual({
    id: 'host_reversed',
    detail: 'The host of the request is a name backwards.',
    fix: 'Remove the directive that reverses the host.',
  })
})

test('the command line shows it', async () => {
  // Beside the packages that the command line has for itself.
  const beside = mkdtempSync(join(root, 'packages/cli/node_modules/.scratch-cause-'))
  onTestFinished(() => rmSync(beside, { recursive: true }))
  const run = await bundle(join(beside, 'cli.mjs'), `import ${JSON.stringify(join(root, 'packages/cli/src/bin.ts'))}`)
  writeFileSync(join(folder, 'request.json'), JSON.stringify(setUp.request))
  const words = [run, 'diagnose', '--capture', 'request.json', '--public-url', `https://${host}`]
  const env = { ...process.env, TWILIO_AUTH_TOKEN: authToken, NO_COLOR: '1' }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, words, { cwd: folder, env }).catch(
    (error) => error,
  )
  expect(stderr).toBe('')
  expect(stdout).toContain(`host_reversed  ${detail}`)
  expect(stdout).toContain(`Option:     ${setting}`)
}, 180_000)

test('the inspector shows it', async () => {
  const path = join(root, 'packages/inspector/src/server')
  const file = await bundle(
    join(folder, 'inspector.mjs'),
    `export { explain } from ${JSON.stringify(join(path, 'explain/explain.ts'))}
export { getScheme } from 'tollgate/schemes'`,
  )
  const { explain, getScheme } = await import(pathToFileURL(file).href)
  const { request, options } = setUp
  const explanation: Diagnosed = await explain(getScheme('twilio').diagnose, { request, options, otherHosts: [] })
  expect(explanation.proven).toMatchObject({ causes: [{ id: 'host_reversed', detail }], setting })
}, 180_000)

test('a row for SendGrid is proven by the same engine', async () => {
  const file = await bundle(
    join(folder, 'sendgrid.mjs'),
    `export { diagnoseSendGrid } from 'tollgate/diagnose'
export { signSendGridRequest } from 'tollgate/testing'`,
  )
  const { diagnoseSendGrid, signSendGridRequest } = await import(pathToFileURL(file).href)
  const { publicKey, body, ...request } = await signSendGridRequest()
  const reversed = [...Buffer.from(body).toString()].reverse().join('')
  const { proven }: Diagnosed = await diagnoseSendGrid({ ...request, body: reversed }, { publicKey })
  expect(proven?.causes).toEqual([
    { id: 'body_backwards', detail: 'SendGrid signed the body backwards.', fix: 'Write the body forwards.' },
  ])
  const page = (await renderPages(source)).get('docs/why-does-sendgrid-validation-fail.md')
  expect(page).toContain('## The body backwards')
})

test('the generated pages have its section, and the question and the code lead to it', async () => {
  const pages = await renderPages(source)
  const page = pages.get('docs/why-does-validation-fail.md') ?? ''
  expect(page.split('<a id="host_reversed"></a>')).toHaveLength(2)
  for (const text of ['## The host backwards', '**Fix.** Write the host forwards.', '(#host_reversed)'])
    expect(page).toContain(text)
  expect(page).toContain('| nginx | Remove the directive that reverses the host. |')
  expect(pages.get('docs/codes/signature_mismatch.md')).toContain('The host backwards')
})
