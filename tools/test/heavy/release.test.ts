import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { packages } from '../../pack.mjs'
import { root } from '../../run.mjs'
import { setUp } from '../../setup.mjs'
import {
  cloneFolder,
  commitAll,
  copyModules,
  makeScratchRepository,
  origin,
  runGit,
  writeOrigin,
} from '../scratch-repository.ts'

// One clone, in a folder of different depth and with a strict umask, packs and refuses, because the
// sums are others. The second clone rehearses the release of the same bytes.
const scratch = mkdtempSync(join(cloneFolder, 'tollgate-rehearsal-'))
const clones = [join(scratch, 'a'), join(scratch, 'another folder', 'of', 'b')]
const { version } = JSON.parse(readFileSync(join(root, 'packages/tollgate/package.json'), 'utf8'))
let rehearsal: string
let refusal: string

beforeAll(async () => {
  await setUp()
  for (const clone of clones) prepare(clone)
  const [first = '', second = ''] = clones
  const umask = process.umask(0o077)
  vi.stubEnv('EXPECTED_SUMS', `${'0'.repeat(64)}  tollgate-${version}.tgz`)
  refusal = runTool(second, 'release.mjs', '--dry-run')
  process.umask(umask)
  const sums = refusal.match(/^[0-9a-f]{64} {2}[\w.-]+\.tgz$/gm) ?? []
  vi.stubEnv('EXPECTED_SUMS', sums.join('\n'))
  rehearsal = runTool(first, 'release.mjs', '--dry-run')
  vi.unstubAllEnvs()
}, 1_800_000)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function prepare(clone: string): void {
  makeScratchRepository(clone)
  copyModules(clone)
  writeOrigin(clone, origin)
  expect(runTool(clone, 'release.mjs', '--prepare')).toMatch(/^status 0$/m)
  commitAll(clone)
  runGit(clone, 'tag', `v${version}`)
}

function runTool(clone: string, ...args: string[]): string {
  const [program = '', ...rest] = args
  const options = { cwd: clone, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [join('tools', program), ...rest], options)
  return `${stdout}\n${stderr}\nstatus ${status}\n`
}

test('the rehearsal refuses nothing, and packs and offers every package', () => {
  expect(rehearsal).toMatch(/^status 0$/m)
  expect(rehearsal).not.toContain('would refuse')
  expect(rehearsal.match(/^[0-9a-f]{64} {2}[\w.-]+\.tgz$/gm)).toHaveLength(packages.length)
  expect(rehearsal.match(/^== npm publish --dry-run --access public --ignore-scripts /gm)).toHaveLength(packages.length)
})

test('nothing is published whose sums are not those of the tested tarballs', () => {
  expect(refusal).toMatch(/These are not the tarballs that were tested\.[\s\S]*^status 1$/m)
  expect(refusal).not.toContain('npm publish')
})

test('two builds in different folders give the same bytes', () => {
  const [a = '', b = ''] = clones.map((clone) => join(clone, 'packed'))
  const list = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  const tarballs = list(a)
  expect(tarballs).toHaveLength(packages.length)
  expect(list(b)).toEqual(tarballs)
  for (const tarball of tarballs)
    expect(readFileSync(join(a, tarball)).equals(readFileSync(join(b, tarball))), tarball).toBe(true)
})
