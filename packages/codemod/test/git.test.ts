import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findGit } from '../src/files.ts'
import { bin } from './run-bin.ts'

const before = process.cwd()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-git-'))
  process.chdir(folder)
})
afterEach(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true, force: true })
})

test('git of the current folder, which may be a stranger, is never found', () => {
  for (const name of ['git', 'git.exe']) {
    writeFileSync(name, '')
    chmodSync(name, 0o755)
  }
  for (const path of ['', '.', `.${delimiter}`, 'bin']) expect(findGit(path, process.platform)).toBeUndefined()
  for (const path of ['', '.', ';.', 'bin']) expect(findGit(path, 'win32')).toBeUndefined()
  expect(findGit(['.', folder].join(delimiter))).toBe(join(folder, process.platform === 'win32' ? 'git.exe' : 'git'))
})

/** Runs the command in the folder, which begins the PATH. It must end by itself. */
function move(): { status: number | null; stdout: string } {
  writeFileSync('hook.js', "const twilio = require('twilio')\nmodule.exports = twilio.webhook()\n")
  const env = { ...process.env, PATH: `.:${process.env.PATH}` }
  return spawnSync(process.execPath, [bin, '.'], { env, encoding: 'utf8', timeout: 20_000 })
}

test('the command starts no git of the folder that it changes', () => {
  writeFileSync('git', '#!/bin/sh\ntouch was-started\n', { mode: 0o755 })
  expect(move()).toMatchObject({ status: 0, stdout: expect.stringContaining('changed hook.js') })
  expect(existsSync('was-started')).toBe(false)
})

test.runIf(process.platform === 'linux')('settings that are pipes, folders or endless files are not read', () => {
  spawnSync('mkfifo', ['package.json', 'jest.config.js'])
  symlinkSync('/proc/self/pagemap', 'vite.config.js')
  symlinkSync('/dev/zero', 'vitest.config.js')
  expect(move()).toMatchObject({ status: 0, stdout: expect.stringContaining('changed hook.js') })
})
