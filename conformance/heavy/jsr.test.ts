import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { programs } from '../runtimes/project.ts'

const library = fileURLToPath(new URL('../../packages/tollgate', import.meta.url))

test("the library passes JSR's checks, without slow types", () => {
  const args = ['publish', '--dry-run', '--allow-dirty']
  // The check needs no registry.
  const env = { ...process.env, NO_COLOR: '1', NPM_CONFIG_REGISTRY: 'http://127.0.0.1:9' }
  const { status, stdout, stderr } = spawnSync(programs.deno(), args, { cwd: library, encoding: 'utf8', env })
  expect(`${status}: ${stdout}${stderr}`).toMatch(/^0:[\s\S]*Checking for slow types[\s\S]*Dry run complete/)
  expect(stderr).not.toMatch(/^(warning|error)/im)
}, 120_000)
