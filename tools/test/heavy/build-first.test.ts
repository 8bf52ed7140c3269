import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../run.mjs'
import { cloneFolder, copyModules, makeScratchRepository } from '../scratch-repository.ts'

const clone = mkdtempSync(join(cloneFolder, 'tollgate-build-first-'))
afterAll(() => rmSync(clone, { recursive: true, force: true }))

beforeAll(() => {
  makeScratchRepository(clone)
  copyModules(clone)
  // Copied last, so that it is newer than its sources.
  for (const name of ['tollgate', 'gateway', 'inspector', 'cli', 'codemod', 'schemas'])
    cpSync(join(root, 'packages', name, 'dist'), join(clone, 'packages', name, 'dist'), { recursive: true })
})

function runVitest(): { output: string; passed: number; failed: number } {
  const args = ['node_modules/vitest/vitest.mjs', 'run', 'conformance/runs/node.test.ts', '--reporter=json']
  const env = { ...process.env, NO_COLOR: '1', VITEST: undefined }
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: clone, encoding: 'utf8', env })
  const { numPassedTests, numFailedTests } = JSON.parse(stdout.slice(stdout.indexOf('{"')))
  return { output: stdout + stderr, passed: numPassedTests, failed: numFailedTests }
}

test('vitest run FILE tests what is in src, and builds only what has changed', () => {
  const before = runVitest()
  expect([before.passed, before.failed]).toEqual([6, 0])
  expect(before.output).not.toContain('Building')

  const file = join(clone, 'packages/tollgate/src/schemes/twilio/sign/signature.ts')
  const source = readFileSync(file, 'utf8')
  const refusing = source.replace(/(function equalSignatures\([^{]*\{\n)/, '$1  if (1 + 1 === 2) return false\n')
  expect(refusing).not.toBe(source)
  writeFileSync(file, refusing)
  const after = runVitest()
  expect(after.output).toContain('Building tollgate')
  expect(after.output).not.toContain('Building gateway')
  expect(after.failed).toBeGreaterThan(0)
}, 300_000)
