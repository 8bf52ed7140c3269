import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleSource, renderPages } from '../../causes.mjs'
import { root } from '../../run.mjs'

// Slow, because it builds a copy of the library.

// Adds an invented cause to a copy of the library: one row in one family file, and nothing else.
// Each test fails if a second list must name the cause.
const row = `
  host_reversed: {
    title: 'The host backwards',
    symptom: 'Every request is refused.',
    reason: 'A proxy reverses the host.',
    fix: 'Write the host forwards.',
    fixes: { nginx: 'Remove the directive that reverses the host.' },
    question: 'every_request',
    *edits() {
      yield {
        dimension: 'host',
        cost: 1,
        apply: editUrl('host', (host) => [...host].reverse().join('')),
        detail: 'Twilio signed the host backwards.',
      }
    },
    suspect: ({ subject }) =>
      subject.state.url.host === 'moc.elpmaxe.ipa'
        ? { score: 89, detail: 'The host of the request is a name backwards.' }
        : undefined,
  } satisfies CauseRow as Row,
`
const authToken = '0123456789abcdef0123456789abcdef'

let folder: string
let source: string

beforeAll(() => {
  const cache = join(root, 'node_modules/.cache/tollgate')
  mkdirSync(cache, { recursive: true })
  folder = mkdtempSync(join(cache, 'scratch-cause-'))
  source = join(folder, 'src')
  cpSync(join(root, 'packages/tollgate/src'), source, { recursive: true })
  const family = join(source, 'diagnose/causes/url.ts')
  const text = readFileSync(family, 'utf8')
  const start = 'export const urlCauses = {'
  expect(text).toContain(start)
  writeFileSync(family, text.replace(start, start + row))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Diagnosed {
  readonly proven?: { readonly causes: readonly object[] }
  readonly suspected: readonly object[]
}

interface Library {
  diagnose(request: object, options: object): Promise<Diagnosed>
}

async function diagnose(signedHost: string, host: string, more: object = {}): Promise<Diagnosed> {
  const library: Library = await bundleSource(source, "export { diagnose } from './diagnose/index.ts'")
  const signature = createHmac('sha1', authToken).update(`https://${signedHost}/voice`).digest('base64')
  const request = { method: 'GET', url: '/voice', headers: { host, 'x-twilio-signature': signature } }
  return library.diagnose(request, { publicUrl: `https://${host}`, authToken, ...more })
}

test('the public types have it', async () => {
  writeFileSync(
    join(folder, 'probe.ts'),
    `import { type CauseId, diagnose } from './src/diagnose/index.ts'
export const id: CauseId = 'host_reversed'
// @ts-expect-error: there is no such cause
export const other: CauseId = 'host_sideways'
export const run: typeof diagnose = diagnose
`,
  )
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../../packages/tollgate/tsconfig.json',
      compilerOptions: { rootDir: '.', paths: { '#hmac': ['./src/hmac/node.ts'], '#ecdsa': ['./src/ecdsa/node.ts'] } },
      include: [],
      files: ['probe.ts'],
    }),
  )
  const tsc = join(root, 'compiler/node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error) => error)
  expect(stdout).toBe('')
}, 60_000)

test('the diagnosis proves it, with its fix', async () => {
  const { proven } = await diagnose('moc.elpmaxe.ipa', 'api.example.com')
  expect(proven?.causes).toEqual([
    { id: 'host_reversed', detail: 'Twilio signed the host backwards.', fix: 'Write the host forwards.' },
  ])
})

test('the fix for one proxy is shown', async () => {
  const { proven } = await diagnose('moc.elpmaxe.ipa', 'api.example.com', { framework: 'nginx' })
  expect(proven?.causes).toMatchObject([{ fix: 'Remove the directive that reverses the host.' }])
})

test('the diagnosis suspects it', async () => {
  const { suspected } = await diagnose('made.up', 'moc.elpmaxe.ipa')
  expect(suspected).toContainEqual({
    id: 'host_reversed',
    detail: 'The host of the request is a name backwards.',
    fix: 'Write the host forwards.',
  })
})

test('the generated page has its section, and a question leads to it', async () => {
  const page = (await renderPages(source)).get('docs/why-does-validation-fail.md') ?? ''
  expect(page.split('<a id="host_reversed"></a>')).toHaveLength(2)
  for (const text of [
    '## The host backwards',
    '**Fix.** Write the host forwards.',
    '[The host backwards](#host_reversed)',
  ])
    expect(page).toContain(text)
  expect(page).toContain('| nginx | Remove the directive that reverses the host. |')
})
