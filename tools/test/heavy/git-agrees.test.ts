import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requireProgram } from '../../programs.mjs'
import { root } from '../../run.mjs'
import { listFiles, listMarked } from '../list-files.ts'

// It is here because it needs git, and `npm test` does not.
const git = (...args: readonly string[]): string[] =>
  execFileSync(requireProgram('git'), args, { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)

test('git ignores the files that the quick tests leave out, and no others', () => {
  // The ignored files of a user are in no other clone.
  const listed = git('ls-files', '-z', '--cached', '--others', '--exclude-per-directory=.gitignore')
  const existing = listed.filter((file) => existsSync(join(root, file)))
  expect(existing.length).toBeGreaterThan(1000)
  expect([...listFiles('*')]).toEqual([...new Set(existing)].sort())
})

test('git marks the files as generated that the quick tests find marked', () => {
  const attributes = git('check-attr', '-z', 'linguist-generated', ...listFiles('*'))
  const marked = attributes.filter((_file, index) => index % 3 === 0 && attributes[index + 2] === 'set')
  expect([...listMarked()]).toEqual(marked.sort())
})
