import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packPackage } from '../../../conformance/projects/prepare.mjs'
import { packages } from '../../pack.mjs'
import { root } from '../../run.mjs'
import {
  cloneFolder,
  commitAll,
  copyModules,
  makeScratchRepository,
  origin,
  runGit,
  writeOrigin,
} from '../scratch-repository.ts'

// Slow, because a clone builds every package. It has another depth than this folder, and a strict umask.
const scratch = mkdtempSync(join(cloneFolder, 'tollgate-rehearsal-'))
const clone = join(scratch, 'another folder', 'of', 'clones')
const { version } = JSON.parse(readFileSync(join(root, 'packages/tollgate/package.json'), 'utf8'))

beforeAll(() => {
  makeScratchRepository(clone)
  copyModules(clone)
  runGit(clone, 'tag', `v${version}`)
}, 300_000)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function release(mode: string, env = {}): string {
  const umask = process.umask(0o077)
  const options = { cwd: clone, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', ...env } } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [join('tools/release.mjs'), mode], options)
  process.umask(umask)
  return `${stdout}\n${stderr}\nstatus ${status}\n`
}

test('the rehearsal builds the same bytes as this folder, and offers every package', { timeout: 900_000 }, () => {
  const sums = packages.map((name) => {
    const tarball = packPackage(name)
    const sum = createHash('sha256').update(readFileSync(tarball)).digest('hex')
    const { name: full } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
    return `${sum}  ${full.replace('@', '').replace('/', '-')}-${version}.tgz`
  })
  const rehearsal = release('--dry-run', { EXPECTED_SUMS: sums.join('\n') })
  expect(rehearsal.match(/^[0-9a-f]{64} {2}[\w.-]+\.tgz$/gm)).toEqual(sums)
  expect(rehearsal).toMatch(/^status 0$/m)
  // A clone of a repository without a home page lacks only that.
  for (const [, reason] of rehearsal.matchAll(/^would refuse: (.*)$/gm)) expect(reason).toContain('in release.json')
  expect(rehearsal.match(/^== npm publish --dry-run --access public --ignore-scripts /gm)).toHaveLength(packages.length)
})

test('a clone with a repository, a home page and a tag is ready', () => {
  writeOrigin(clone, origin)
  expect(release('--prepare')).toMatch(/^status 0$/m)
  expect(release('--check')).toContain('refused: the working tree is not clean')
  commitAll(clone)
  expect(release('--check')).toContain(`refused: HEAD is not tagged v${version}`)
  runGit(clone, 'tag', '--force', `v${version}`)
  expect(release('--check')).toMatch(/Ready for a release\.[\s\S]*^status 0$/m)
})
