import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packPackage } from '../../conformance/projects/prepare.mjs'
import { packages } from '../pack.mjs'
import { root, runNode } from './project.ts'

test.each(packages)('publint and "are the types wrong" find nothing in %s', (name) => {
  const tarball = packPackage(name)
  const profile = name === 'tollgate' ? [] : ['--profile', 'esm-only']
  for (const args of [
    ['publint/src/cli.js', '--strict', tarball],
    ['@arethetypeswrong/cli/dist/index.js', tarball, ...profile],
  ]) {
    const { code, output } = runNode([join(root, 'node_modules', args[0] ?? ''), ...args.slice(1)], root)
    expect(code, output).toBe(0)
  }
})
