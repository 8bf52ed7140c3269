import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../run.mjs'

// The promise of a drop-in is about the newest version, which comes out without us.

const folder = mkdtempSync(join(tmpdir(), 'tollgate-newest-twilio-'))
const module = join(folder, 'node_modules/twilio/lib/webhooks/webhooks.js')
const pinned: string = readJson(join(root, 'packages/tollgate/package.json')).devDependencies.twilio

function readJson(path: string) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), '{}')
  execFileSync('npm', ['install', 'twilio@latest', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
})

afterAll(() => rmSync(folder, { recursive: true }))

test('tollgate/compat has every name of the newest twilio', async () => {
  const theirs = Object.keys(createRequire(import.meta.url)(module))
  const ours = Object.keys(await import('tollgate/compat'))
  expect(theirs.length).toBeGreaterThan(8)
  expect(theirs.filter((name) => !ours.includes(name))).toEqual([])
})

test('it takes every argument and option of the newest twilio, and gives its types', () => {
  const names = Object.keys(createRequire(import.meta.url)(module))
  const functions = names.filter((name) => typeof createRequire(import.meta.url)(module)[name] === 'function')
  writeFileSync(
    join(folder, 'check.ts'),
    `import type * as theirs from 'twilio/lib/webhooks/webhooks.js'
import type * as ours from ${JSON.stringify(join(root, 'packages/tollgate/dist/compat.js'))}
type Missing<Theirs, Ours> = Exclude<keyof Theirs, keyof Ours>
export const options: Missing<theirs.RequestValidatorOptions, ours.RequestValidatorOptions> | Missing<theirs.WebhookOptions, ours.WebhookOptions> = null as never
export const none: never = options
${functions.map((name) => `export const ${name} = (...given: Parameters<typeof theirs.${name}>): ReturnType<typeof theirs.${name}> => (null as unknown as typeof ours.${name})(...given)`).join('\n')}
`,
  )
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', 'node', '--typeRoots']
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const args = [compiler, ...flags, join(root, 'node_modules/@types'), join(folder, 'check.ts')]
  expect(() => execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })).not.toThrow()
})

test('it gives the answers of the newest twilio', () => {
  // The unit tests compare the answers with the version that is installed here.
  const { version } = readJson(join(folder, 'node_modules/twilio/package.json'))
  if (version === pinned) return
  const env = { ...process.env, TOLLGATE_TEST_TWILIO: module }
  const files = ['compat-differential', 'compat-differences'].map((name) => `packages/tollgate/test/${name}.test.ts`)
  execFileSync('npx', ['vitest', 'run', '--project', 'unit', ...files], { cwd: root, env, stdio: 'pipe' })
})

test('the page on moving names the versions that the tests compare with', () => {
  const page = readFileSync(join(root, 'docs/migrating-from-twilio.md'), 'utf8').replace(/\s+/g, ' ')
  const older = readJson(join(root, 'packages/tollgate/package.json')).devDependencies['twilio-6.2'].split('@').at(-1)
  expect(page).toContain(`against \`twilio\` ${pinned} and ${older}, `)
})
