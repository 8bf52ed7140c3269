import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { root } from '../run.mjs'
import { quickSteps, slowSteps } from '../steps.mjs'
import { listFiles } from './list-files.ts'

const projectsOf = (steps: typeof quickSteps) =>
  steps.flat().flatMap(([, command]) => [...command.matchAll(/--project (\w+)/g)].map(([, name]) => name))

let files: readonly { readonly file: string; readonly projectName: string }[]

beforeAll(() => {
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'list', '--filesOnly', '--json']
  const found = execFileSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, VITEST: '' },
  })
  files = JSON.parse(found.slice(found.indexOf('[')))
})

test('npm test and what it leaves out run every test file exactly once', () => {
  const ran = [...projectsOf(quickSteps), ...projectsOf(slowSteps)]
  const tested = ran.flatMap((name) => files.filter(({ projectName }) => projectName === name))
  // `npm run mutation` runs these, which import the tests of the library.
  const expected = listFiles('*.test.ts').filter((file) => !file.startsWith('tools/mutation/'))
  expect(tested.map(({ file }) => relative(root, file)).sort()).toEqual([...expected].sort())
})

/** Adds a module and all modules of the repository that run with it. */
function addImports(file: string, found: Set<string>): Set<string> {
  if (found.has(file) || !existsSync(file)) return found
  found.add(file)
  const text = readFileSync(file, 'utf8').replace(/^import type [^']+'[^']+'/gm, '')
  for (const [, path = ''] of text.matchAll(/(?:from|import\(?) ?'(\.[^']+)'/g))
    addImports(join(dirname(file), path), found)
  return found
}

test('npm test needs Node.js and npm only', () => {
  const quick = projectsOf(quickSteps)
  const found = new Set<string>()
  for (const { file, projectName } of files) if (quick.includes(projectName)) addImports(file, found)
  expect(found.size).toBeGreaterThan(files.length)
  const asking = [...found].filter((file) => /\brequireProgram\('/.test(readFileSync(file, 'utf8')))
  expect(asking.map((file) => relative(root, file))).toEqual([])
  // POSIX has sh and env, and Windows has taskkill. Quick tests import these two, and do not start what they start.
  const others = ['tools/programs.mjs', 'conformance/projects/prepare.mjs'].map((file) => join(root, file))
  const tests = [...found].filter((file) => !others.includes(file))
  const started = tests.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\b(?:spawn|execFile)(?:Sync)?\('([^']+)'/g)].map(([, name]) => name),
  )
  expect([...new Set(started)].sort()).toEqual(['/usr/bin/env', 'npm', 'sh', 'taskkill'])
})

test('npm run test:all refuses an option that it does not know', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'tools/test-all.mjs'), '--most'], {
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([2, 'Usage: npm run test:all [-- --rest]\n'])
})
