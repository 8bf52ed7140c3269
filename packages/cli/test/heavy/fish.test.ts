import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'
import { installTollgate, tollgate } from '../support.ts'

const folder = installTollgate()

test('fish completes commands with their meaning, flags, choices and files', async () => {
  const fish = requireProgram('fish')
  const script = await tollgate(['completion', 'fish'], { withToken: false })
  const byEnvironment = await tollgate(['completion'], { env: { SHELL: '/usr/bin/fish' } })
  expect(byEnvironment.stdout).toBe(script.stdout)
  const file = join(folder, 'tollgate.fish')
  writeFileSync(file, script.stdout)
  const complete = (line: string): string[] => {
    const { stdout } = spawnSync(fish, ['--no-config', '-c', `source ${file}; complete -C '${line}'`], {
      env: { ...process.env, HOME: folder, PATH: `${folder}:${process.env.PATH}` },
      encoding: 'utf8',
    })
    return stdout.split('\n').filter((each) => each !== '')
  }
  expect(complete('tollgate sen')).toEqual(['send\tSend a signed webhook to your server'])
  expect(complete('tollgate send message.')).toEqual(['message.inbound', 'message.status'])
  expect(complete('tollgate send amd --to').map((each) => each.split('\t')[0])).toEqual(['--to'])
  expect(complete('tollgate verify --trailing-slash ').sort()).toEqual(['either', 'exact'])
  expect(complete(`tollgate verify --curl ${folder}/toll`)).toEqual([join(folder, 'tollgate'), file])
})
