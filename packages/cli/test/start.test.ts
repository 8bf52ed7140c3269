import { Readable, Writable } from 'node:stream'
import { beforeEach, expect, test, vi } from 'vitest'

const readers = ['tollgate', 'tollgate/requests', 'tollgate/schemes']
const makers = ['tollgate/testing', 'tollgate/diagnose', '@tollgate/gateway', '@tollgate/inspector']

beforeEach(() => vi.resetModules())

// Each takes longer to load than the help takes to print.
test.each([
  [['--help'], [...readers, ...makers]],
  [['--version'], [...readers, ...makers]],
  [[], [...readers, ...makers]],
  [['verify', '--help'], makers],
  [
    ['gateway', '--help'],
    ['tollgate/schemes', ...makers],
  ],
])('tollgate %j does not load %j', async (words, unneeded) => {
  for (const name of unneeded)
    vi.doMock(name, () => {
      throw new Error(`${name} was loaded.`)
    })
  const { run } = await import('../src/run.ts')
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
