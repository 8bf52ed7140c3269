import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { isPublished } from '../../published.mjs'

// It is here because each question starts npm, and only a release asks.
const folder = mkdtempSync(join(tmpdir(), 'tollgate-published-'))
const tarball = join(folder, 'a.tgz')
writeFileSync(tarball, 'the tarball')
const integrity = `sha512-${createHash('sha512').update('the tarball').digest('base64')}`

const registry = createServer((req, res) => {
  const name = req.url?.slice(1).replace('%2f', '/')
  if (name === '@tollgate/broken') return res.writeHead(400).end('{}')
  if (name !== 'tollgate') return res.writeHead(404).end('{}')
  const versions = { '1.0.0': integrity, '1.1.0': 'sha512-AAAA' }
  return res.end(
    JSON.stringify({
      name,
      'dist-tags': { latest: '1.0.0' },
      versions: Object.fromEntries(
        Object.entries(versions).map(([version, value]) => [version, { name, version, dist: { integrity: value } }]),
      ),
    }),
  )
})

beforeAll(async () => {
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('npm_config_registry', `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`)
  vi.stubEnv('npm_config_cache', join(folder, 'cache'))
})

afterAll(() => {
  vi.unstubAllEnvs()
  registry.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a release that stopped half way goes on after the packages that the registry has', async () => {
  expect(await isPublished('tollgate@1.0.0', tarball)).toBe(true)
  expect(await isPublished('tollgate@1.2.0', tarball)).toBe(false)
  expect(await isPublished('@tollgate/new@1.0.0', tarball)).toBe(false)
})

test('other bytes under the same version, and a registry that fails, stop the release', async () => {
  await expect(isPublished('tollgate@1.1.0', tarball)).rejects.toThrow('has another tollgate@1.1.0')
  await expect(isPublished('@tollgate/broken@1.0.0', tarball)).rejects.toThrow('failed: E400')
})
