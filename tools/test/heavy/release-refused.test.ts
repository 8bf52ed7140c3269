import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { root } from '../../run.mjs'
import { commitAll, makeScratchRepository, origin, runGit, writeOrigin } from '../scratch-repository.ts'

// It is here because a release needs git, and `npm test` does not.
const names = ['tollgate', 'gateway', 'inspector', 'cli', 'codemod', 'schemas', 'calls']
const { version } = JSON.parse(readFileSync(join(root, 'packages/tollgate/package.json'), 'utf8'))
let scratch: string

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'tollgate-release-'))
  makeScratchRepository(scratch)
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Runs `npm run release` in the scratch copy. It never publishes. */
function release(...args: string[]): { status: number | null; said: string } {
  const { EXPECTED_SUMS: _sums, ...env } = process.env
  const options = { cwd: scratch, encoding: 'utf8', env } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/release.mjs', ...args], options)
  return { status, said: stdout + stderr }
}

function readManifest(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(scratch, 'packages', name, 'package.json'), 'utf8'))
}

test.each([
  [{ repository: '', homepage: '' }, ['repository', 'homepage']],
  [{}, ['repository', 'homepage']],
  [{ ...origin, homepage: 'http://tollgate.example' }, ['homepage']],
  [{ ...origin, repository: 'git@github.com:example/tollgate.git' }, ['repository']],
  [{ ...origin, repository: 'https://github.com/example/tollgate/' }, ['repository']],
  [{ ...origin, repository: 'https://github.com/example/tollgate.git' }, ['repository']],
  [{ repository: [origin.repository], homepage: [origin.homepage] }, ['repository', 'homepage']],
])('refuses while release.json is %j', (value, fields) => {
  const before = names.map(readManifest)
  writeOrigin(scratch, value)
  for (const mode of ['--build', '--check', '--prepare']) {
    const { status, said } = release(mode)
    expect(status, said).toBe(1)
    expect([...said.matchAll(/refused: "(\w+)" in release\.json must be/g)].map(([, name]) => name)).toEqual(fields)
  }
  expect(names.map(readManifest)).toEqual(before)
})

test('writes the links of all packages from release.json, and then refuses nothing but to build without sums, or with a token', () => {
  writeOrigin(scratch, origin)
  const stale = release('--check')
  expect(stale.status).toBe(1)
  for (const name of names)
    expect(stale.said).toContain(`refused: packages/${name}/package.json differs from release.json`)
  expect(stale.said).toContain('refused: packages/tollgate/src/verdict.ts differs from release.json')

  expect(release('--prepare')).toMatchObject({ status: 0 })
  for (const name of names)
    expect(readManifest(name)).toMatchObject({
      homepage: origin.homepage,
      repository: { type: 'git', url: `git+${origin.repository}.git`, directory: `packages/${name}` },
      bugs: { url: `${origin.repository}/issues` },
    })
  expect(readFileSync(join(scratch, 'packages/tollgate/src/verdict.ts'), 'utf8')).toMatch(
    /^const homePage: string = 'https:\/\/tollgate\.example'$/m,
  )
  const untagged = release('--check')
  expect(untagged.said).toBe(`refused: the working tree is not clean\nrefused: HEAD is not tagged v${version}\n`)

  commitAll(scratch)
  runGit(scratch, 'tag', `v${version}`)
  expect(release('--check')).toEqual({ status: 0, said: 'Ready for a release.\n' })
  const noSums = 'refused: EXPECTED_SUMS is empty: it has the sums of the tarballs that were tested\n'
  expect(release('--build')).toEqual({ status: 1, said: noSums })
  for (const name of ['ACTIONS_ID_TOKEN_REQUEST_URL', 'SIGSTORE_ID_TOKEN', 'NODE_AUTH_TOKEN']) {
    vi.stubEnv(name, 'x')
    expect(release('--build').said).toBe(
      `refused: there is a token that may publish: every dependency of the build could use it\n${noSums}`,
    )
    vi.unstubAllEnvs()
  }
})

test('refuses packages of different versions', () => {
  const file = join(scratch, 'packages/cli/package.json')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(`"version": "${version}"`, '"version": "99.0.0"'))
  expect(release('--check').said).toContain(`refused: the packages have different versions: ${version}, 99.0.0`)
  writeFileSync(file, text)
})

test('refuses a dependency on another version of its own packages', () => {
  const file = join(scratch, 'packages/cli/package.json')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(`"tollgate": "${version}"`, '"tollgate": "0.0.9"'))
  expect(release('--check').said).toContain(
    'refused: packages/cli/package.json depends on tollgate 0.0.9, and not on the version of this release',
  )
  writeFileSync(file, text)
})

test('refuses an option that it does not know', () => {
  for (const words of [['--dryrun'], [], ['--check', '--build']]) expect(release(...words)).toMatchObject({ status: 2 })
})
