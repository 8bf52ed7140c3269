import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'
import { installTollgate, tollgate } from '../support.ts'

// In heavy/, because it needs zsh.

const folder = installTollgate()

/**
 * Types a line into a real zsh and prints the matches that its completion offers. `_describe` and
 * `_files` pass them to `compadd`, which is replaced by one that prints them.
 */
const driver = `
zmodload zsh/zpty
zpty line zsh -f -i
zpty -w line 'PS1=; stty -echo; autoload -Uz compinit && compinit -u -D; source "$SCRIPT"; cd "$FOLDER"'
zpty -w line 'bindkey "^I" complete-word; ended() { print -r -- "<over>"; exit }; comppostfuncs=(ended)'
zpty -w line 'compadd() { local -a matches; builtin compadd -A matches "$@"; print -rl -- "match:"$^matches; builtin compadd "$@" }'
zpty -w line 'print rea""dy'
zpty -r -m line output '*ready*'
zpty -w -n line "$1"$'\\t'
zpty -r -m line output '*<over>*'
print -r -- "$output"
`

function complete(line: string): string[] {
  const { stdout, stderr } = spawnSync(requireProgram('zsh'), ['-f', '-c', driver, 'zsh', line], {
    env: {
      ...process.env,
      HOME: folder,
      FOLDER: folder,
      SCRIPT: join(folder, 'tollgate.zsh'),
      PATH: `${folder}:${process.env.PATH}`,
    },
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect(stderr).toBe('')
  // It adds some matches twice.
  return [...new Set(Array.from(stdout.matchAll(/^match:(.*?)\r?$/gm), ([, match = '']) => match))].sort()
}

test('zsh completes commands, kinds, flags, choices and files', async () => {
  const { stdout } = await tollgate(['completion', 'zsh'], { withToken: false })
  writeFileSync(join(folder, 'tollgate.zsh'), stdout)
  expect(complete('tollgate sen')).toEqual(['send'])
  expect(complete('tollgate send message.')).toEqual(['message.inbound', 'message.status'])
  expect(complete('tollgate send amd --t')).toEqual(['--timeout', '--to'])
  expect(complete('tollgate verify --trailing-slash ')).toEqual(['either', 'exact'])
  expect(complete('tollgate verify --curl tollg')).toEqual(['tollgate', 'tollgate.zsh'])
})
