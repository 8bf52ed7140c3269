import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findProgram } from '../src/find-program.ts'
import { bin, makeFolder, writeProgram } from './support.ts'

const { PATH: outer = '' } = process.env
const before = process.cwd()
let here: string
beforeEach(() => {
  here = makeFolder()
  process.chdir(here)
  for (const name of ['ngrok', 'ngrok.exe', 'xdg-open']) writeProgram(here, name, '#!/bin/sh\ntouch was-started\n')
})
afterEach(() => process.chdir(before))

test.each(['linux', 'win32'] as const)('on %s, a program of the current folder is not found', (platform) => {
  const separator = platform === 'win32' ? ';' : ':'
  for (const path of ['', '.', separator, `${separator}.`, './bin', 'bin', ['', '.', '..'].join(separator)])
    for (const name of ['PATH', 'Path']) expect(findProgram('ngrok', { [name]: path }, platform)).toBeUndefined()
  expect(findProgram('ngrok', {}, platform)).toBeUndefined()
})

test('a program of a folder of the PATH is found, and neither a folder nor a file that cannot run', () => {
  const [first, second, third] = [makeFolder(), makeFolder(), makeFolder()]
  mkdirSync(join(first, 'ngrok'))
  writeFileSync(join(second, 'ngrok'), '')
  chmodSync(join(second, 'ngrok'), 0o644)
  writeProgram(third, 'ngrok', '')
  const path = ['.', first, second, third].join(delimiter)
  expect(findProgram('ngrok', { PATH: path }, 'linux')).toBe(join(third, 'ngrok'))
})

test('dev starts no tunnel and no browser of the current folder, although the PATH has it', () => {
  const env = { PATH: `.:${outer}`, TERM: 'xterm' }
  const ran = spawnSync(process.execPath, [bin, 'dev', '--tunnel', '--open', '--listen', '1'], { env, cwd: here })
  expect(String(ran.stderr)).toContain('--tunnel needs ngrok or cloudflared on the PATH')
  expect(findProgram('was-started', { PATH: here })).toBeUndefined()
})
