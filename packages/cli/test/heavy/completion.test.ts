import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'
import { installTollgate, tollgate } from '../support.ts'

// It is here because it needs bash, and `npm test` does not.
const folder = installTollgate()

/** Returns the words that bash offers for the last word. Its login shell is another one. */
function completeInBash(...words: string[]): string[] {
  const script = `source <(tollgate completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tollgate_complete; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = spawnSync(requireProgram('bash'), ['--norc', '-c', script, 'bash', 'tollgate', ...words], {
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, SHELL: '/bin/zsh', ZSH_NAME: 'zsh' },
    encoding: 'utf8',
  })
  return stdout.split('\n').filter((line) => line !== '')
}

test('bash completes commands, kinds, flags and the choices of flags', () => {
  expect(completeInBash('s')).toEqual(['send', 'sign'])
  expect(completeInBash('send', 'message.')).toEqual(['message.inbound', 'message.status'])
  expect(completeInBash('send', 'amd', '--t')).toEqual(['--to', '--timeout'])
  expect(completeInBash('help', 'c')).toEqual(['conform', 'call', 'completion'])
  expect(completeInBash('diagnose', '--other-')).toEqual([
    '--other-token-file',
    '--other-url',
    '--other-host',
    '--other-key-file',
  ])
  expect(completeInBash('sign', '--kind', 'events.')).toEqual(['events.batch', 'events.test'])
  expect(completeInBash('verify', '--trailing-slash', 'e')).toEqual(['exact', 'either'])
  expect(completeInBash('verify', '--curl', '')).toEqual([])
  expect(completeInBash('nonsense', '')).toEqual([])
})

test('zsh gets its own script, and a description of each word', async () => {
  const script = await tollgate(['completion', 'zsh'], { withToken: false })
  expect(script).toMatchObject({ code: 0, stdout: expect.stringMatching(/^#compdef tollgate\n/) })
  const byEnvironment = await tollgate(['completion'], { env: { SHELL: '/usr/bin/zsh' } })
  expect(byEnvironment.stdout).toBe(script.stdout)
  const words = ['--complete', 'tollgate', 'sen']
  const offered = await tollgate(words, { env: { SHELL: '/bin/zsh' } })
  expect(offered.stdout).toBe('send:Send a signed webhook to your server\n')
})

test('the script for PowerShell has every command, flag and choice', async () => {
  const { stdout } = await tollgate(['completion', 'powershell'], { withToken: false })
  expect(stdout).toMatch(/^Register-ArgumentCompleter -Native -CommandName tollgate -ScriptBlock \{$/m)
  const rows = [...stdout.matchAll(/^ {4}'(.*)' = @\((.*)\)$/gm)].map(([, before = '', words = '']) => [
    before,
    [...words.matchAll(/'([^']*)'/g)].map(([, word]) => word),
  ])
  const table: Record<string, string[]> = Object.fromEntries(rows)
  // bash asks the command itself, so both must offer the same.
  expect(table['']).toEqual(completeInBash(''))
  expect(table.send).toEqual(completeInBash('send', ''))
  for (const name of completeInBash('help', '')) expect(table[`${name} -`], name).toEqual(completeInBash(name, '-'))
  expect(table['verify --trailing-slash']).toEqual(['exact', 'either'])
  expect(table['verify --curl']).toEqual([])
  for (const [open, close] of ['()', '{}', '[]'])
    expect(stdout.split(open ?? '').length, open).toBe(stdout.split(close ?? '').length)
})
