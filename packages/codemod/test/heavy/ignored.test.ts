import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'
import { folder, moved, mover, runBin, useFolder, write } from '../run-bin.ts'

useFolder()

// It is here because it needs git, and `npm test` does not.
test('what git ignores, output and folders of tools are not searched', () => {
  spawnSync(requireProgram('git'), ['init', '--quiet', folder])
  write('.gitignore', 'generated/\n*.bundle.js\n')
  const inner = ['generated', '.next/server', 'out', '.yarn/releases', 'src']
  for (const name of inner) mkdirSync(join(folder, name), { recursive: true })
  const files = [...inner.map((name) => `${name}/app.js`), 'app.bundle.js'].map((name) => write(name, mover))
  const { status, stdout } = runBin(folder)
  expect([status, stdout]).toEqual([0, expect.stringContaining(`changed ${join(folder, 'src/app.js')}\n`)])
  expect(stdout).toContain('1 file changed, 1 file with notes. Not searched: app.bundle.js, generated, out.\n')
  expect(files.filter((file) => readFileSync(file, 'utf8') === moved)).toEqual([join(folder, 'src/app.js')])
  // A folder that the user names is searched.
  expect(runBin(join(folder, 'generated')).stdout).toContain('1 file changed')
})
