import { Readable, Writable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { run } from '../src/run.ts'

vi.mock('tollgate/schemes', () => {
  throw new Error('The schemes were loaded.')
})

test.each(['--help', '--version'])('loads no scheme for %s', async (word) => {
  let output = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      output += chunk
      done()
    },
  })
  await run([word], { stdin: Readable.from([]), stdout: sink, stderr: sink, env: {} })
  expect(output).not.toMatch(/^$|internal error/)
})
