import { readFileSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { beforeEach, expect, test, vi } from 'vitest'

const readers = ['tollgate', 'tollgate/internal']
const makers = ['tollgate/testing', 'tollgate/diagnose', '@tollgate/gateway', '@tollgate/inspector']

beforeEach(() => vi.resetModules())

// Each takes longer to load than the help takes to print.
const all = [...readers, ...makers]
test.each([
  [['--help'], 'src/run.ts', all],
  [['--version'], 'src/run.ts', all],
  [[], 'src/run.ts', all],
  [['verify', '--help'], 'src/run.ts', makers],
  [['gateway', '--help'], 'src/run.ts', makers],
  [['verify', '--help'], 'dist/index.js', all],
  [['help', 'diagnose'], 'dist/index.js', all],
  [['gateway', '-h'], 'dist/index.js', all],
])('tollgate %j of %s does not load %j', async (words, file, unneeded) => {
  for (const name of unneeded)
    vi.doMock(name, () => {
      throw new Error(`${name} was loaded.`)
    })
  const { run }: typeof import('../src/run.ts') = await import(`../${file}`)
  let output = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      output += chunk
      done()
    },
  })
  await run(words, { stdin: Readable.from([]), stdout: sink, stderr: sink, env: {} })
  for (const name of unneeded) vi.doUnmock(name)
  expect(output).toMatch(/^(tollgate .*\n\n[\s\S]*Exit codes:.*|\d+\.\d+\.\d+)\n$/)
})

test('the built file of the help has what the commands have', async () => {
  const { commands } = await import('../src/commands/table.ts')
  const built = JSON.parse(readFileSync(new URL('../dist/commands.json', import.meta.url), 'utf8'))
  for (const [name, { load }] of Object.entries(commands)) {
    const { run: _, ...texts } = (await load()).command
    expect(built[name], name).toEqual(JSON.parse(JSON.stringify(texts)))
  }
  expect(Object.keys(built)).toEqual(Object.keys(commands))
})
