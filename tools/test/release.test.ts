import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { root } from '../run.mjs'

const names = ['tollgate', 'gateway', 'inspector', 'cli', 'codemod', 'schemas', 'calls']

test('the manifests and the lines about rejections have the links of release.json, or none', () => {
  const { repository, homepage } = JSON.parse(readFileSync(join(root, 'release.json'), 'utf8'))
  const source = readFileSync(join(root, 'packages/tollgate/src/verdict.ts'), 'utf8')
  expect(source).toContain(`const homePage: string = '${homepage.replace(/\/$/, '')}'\n`)
  for (const name of names) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
    expect(manifest.repository?.url).toBe(repository === '' ? undefined : `git+${repository}.git`)
  }
})

const workflows = join(root, '.github/workflows')

test.each(readdirSync(workflows))(
  '.github/workflows/%s pins its actions and gives each job only what it needs',
  (name) => {
    const text = readFileSync(join(workflows, name), 'utf8')
    expect(text).toMatch(/^permissions: \{\}$/m)
    const [, jobs = ''] = text.split(/^jobs:$/m)
    const blocks = jobs.split(/^ {2}(?=[\w-]+:$)/m).slice(1)
    expect(blocks).not.toEqual([])
    for (const block of blocks) {
      expect(block).toMatch(/^ {4}permissions:\n {6}contents: read$/m)
      expect(block).not.toContain('contents: write')
    }
    const used = [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action)
    expect(used.filter((action) => !/^[\w-]+(\/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([])
    const checkouts = used.filter((action) => action.startsWith('actions/checkout@'))
    expect(text.match(/persist-credentials: false/g)).toHaveLength(checkouts.length)
  },
)

const [, checkJob = '', buildJob = '', publishJob = ''] = readFileSync(join(workflows, 'release.yml'), 'utf8').split(
  /^ {2}(?:check|build|publish):$/m,
)

test('only the job that publishes has an identity token and a secret', () => {
  for (const job of [checkJob, buildJob]) expect(job).not.toMatch(/id-token|secrets\.|environment:/)
  expect(checkJob).toMatch(/npm run test:all\n/)
  expect(buildJob).toMatch(/^ {4}needs: check$/m)
  expect(buildJob).toMatch(
    /npm ci --ignore-scripts\n[\s\S]*npm run release -- --build\n[\s\S]*EXPECTED_SUMS: \$\{\{ needs\.check/,
  )
  expect(publishJob).toMatch(/^ {4}needs: build$/m)
  expect(publishJob).toMatch(/^ {4}environment: npm$/m)
  expect(publishJob).toMatch(/^ {6}id-token: write$/m)
})

test('the job that publishes runs nothing of the repository and nothing of a dependency', () => {
  const steps = publishJob.split(/^ {6}- /m).slice(1)
  const uses = steps.flatMap((step) => /uses: (\S+)@/.exec(step)?.[1] ?? [])
  expect(uses).toEqual(['actions/download-artifact', 'actions/setup-node'])
  expect(steps).toHaveLength(3)
  expect(publishScript().trim().split('\n')).toEqual([
    'set -euo pipefail',
    `if grep -qvE '^[0-9a-f]{64}  [a-z0-9.-]+[.]tgz$' <<< "$SUMS"; then exit 1; fi`,
    'sha256sum --check --strict <<< "$SUMS"',
    'while read -r _ tarball; do',
    '  npm publish "./$tarball" --provenance --access public --ignore-scripts',
    'done <<< "$SUMS"',
  ])
  // A text of an expression inside a script would be a part of the script.
  expect(publishScript()).not.toContain('${{')
})

/** The script of its one step with a shell. */
function publishScript(): string {
  const [, script = ''] = /^ {8}run: \|\n((?: {10}.*\n)+)/m.exec(publishJob) ?? []
  return script.replace(/^ {10}/gm, '')
}

describe('the script of the job that publishes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-publish-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\necho "$@" >> "$NPM_LOG"\n[ "$2" != ./fails.tgz ]\n`, { mode: 0o755 })
  const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex')

  /** Runs it on these files, and returns the arguments with which it called npm. */
  function publish(files: Readonly<Record<string, string>>, sums: readonly string[]) {
    const packed = mkdtempSync(join(folder, 'packed-'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(packed, name), text)
    const log = join(packed, 'log')
    const env = { PATH: `${folder}:${process.env.PATH}`, SUMS: sums.join('\n'), NPM_LOG: log }
    const { status } = spawnSync('/usr/bin/env', ['bash', '-e', '-c', publishScript()], {
      cwd: packed,
      env,
      encoding: 'utf8',
    })
    return { status, calls: existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [] }
  }
  const call = (name: string): string => `publish ./${name} --provenance --access public --ignore-scripts`

  test('publishes each tarball, in the order of the sums, and nothing else', () => {
    const files = { 'b.tgz': 'b', 'a.tgz': 'a', 'evil.tgz': 'evil' }
    const ran = publish(files, [`${sumOf('b')}  b.tgz`, `${sumOf('a')}  a.tgz`])
    expect(ran).toEqual({ status: 0, calls: [call('b.tgz'), call('a.tgz')] })
  })

  test.each([
    ['other bytes', { 'a.tgz': 'evil' }, [`${sumOf('a')}  a.tgz`]],
    ['other bytes of the second', { 'a.tgz': 'a', 'b.tgz': 'evil' }, [`${sumOf('a')}  a.tgz`, `${sumOf('b')}  b.tgz`]],
    ['a tarball that is missing', {}, [`${sumOf('a')}  a.tgz`]],
    ['no sums', { 'a.tgz': 'a' }, []],
    ['a path', { 'a.tgz': 'a' }, [`${sumOf('a')}  ./a.tgz`]],
    ['an empty line', { 'a.tgz': 'a' }, [`${sumOf('a')}  a.tgz`, '']],
    ['a malformed line', { 'a.tgz': 'a' }, [`${sumOf('a')}  a.tgz`, 'b.tgz']],
  ])('publishes nothing: %s', (_name, files, sums) => {
    const { status, calls } = publish(files, sums)
    expect(status).not.toBe(0)
    expect(calls).toEqual([])
  })

  test('stops at the first failure of npm', () => {
    const files = { 'fails.tgz': 'a', 'b.tgz': 'b' }
    const ran = publish(files, [`${sumOf('a')}  fails.tgz`, `${sumOf('b')}  b.tgz`])
    expect(ran).toEqual({ status: 1, calls: [call('fails.tgz')] })
  })
})
