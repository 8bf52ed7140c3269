import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findGit } from '../src/files.ts'

const before = process.cwd()
const folder = mkdtempSync(join(tmpdir(), 'tollgate-git-'))
afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true, force: true })
})

test('git of the current folder, which may be a stranger, is never found', () => {
  process.chdir(folder)
  for (const name of ['git', 'git.exe']) {
    writeFileSync(name, '')
    chmodSync(name, 0o755)
  }
  for (const path of ['', '.', `.${delimiter}`, 'bin']) expect(findGit(path, process.platform)).toBeUndefined()
  for (const path of ['', '.', ';.', 'bin']) expect(findGit(path, 'win32')).toBeUndefined()
  expect(findGit(['.', folder].join(delimiter))).toBe(join(folder, process.platform === 'win32' ? 'git.exe' : 'git'))
})
