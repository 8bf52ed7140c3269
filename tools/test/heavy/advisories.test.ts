import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { root } from '../../run.mjs'

// It is here because `npm audit` reads the whole tree of dependencies, four times.
const [, checkJob = ''] = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8').split(
  /^ {2}(?:check|build|publish):$/m,
)

describe('the known advisories', () => {
  const [, command = ''] = /^ {6}- run: (npm audit .*)$/m.exec(checkJob) ?? []
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const locked = Object.entries<{ name?: string; link?: boolean }>(packages).flatMap(([path, { name, link }]) =>
    path.includes('node_modules/') && !link ? (name ?? path.replace(/^.*node_modules\//, '')) : [],
  )

  /** Runs the step of the release with a registry that has these advisories. */
  async function ask(advisories: object) {
    const asked: string[] = []
    const registry = createServer(async (req, res) => {
      const body = await buffer(req)
      if (!req.url?.endsWith('/security/advisories/bulk')) return void res.writeHead(404).end('{}')
      asked.push(...Object.keys(JSON.parse(gunzipSync(body).toString())))
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(advisories))
    })
    await once(registry.listen(0, '127.0.0.1'), 'listening')
    const { port } = registry.address() as AddressInfo
    // npm keeps advisories that it has seen.
    const cache = mkdtempSync(join(tmpdir(), 'tollgate-advisories-'))
    const own = {
      npm_config_registry: `http://127.0.0.1:${port}/`,
      npm_config_cache: cache,
      npm_config_fetch_retries: '0',
    }
    const env = { ...process.env, ...own }
    const [code] = await once(spawn(command, { shell: true, cwd: root, env, stdio: 'ignore' }), 'close')
    registry.close()
    rmSync(cache, { recursive: true })
    return { code, asked }
  }

  test('of every locked package are asked for before the tests run', async () => {
    expect(checkJob.indexOf('npm audit')).toBeLessThan(checkJob.indexOf('npm run test:all'))
    const { code, asked } = await ask({})
    expect(code).toBe(0)
    expect(asked.sort()).toEqual([...new Set(locked)].sort())
  })

  test.each([
    ['high', 1],
    ['critical', 1],
    ['moderate', 0],
  ])('a %s one ends the release with code %i', async (severity, expected) => {
    const advisory = { id: 1, url: 'https://example.com/', title: 'x', severity, vulnerable_versions: '*' }
    expect((await ask({ '@noble/hashes': [advisory] })).code).toBe(expected)
  })
})
