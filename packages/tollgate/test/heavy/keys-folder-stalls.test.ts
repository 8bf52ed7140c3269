import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

// In heavy/, because it writes 400,000 tokens four times and keeps a core busy.

const program = fileURLToPath(new URL('../../../../benchmarks/key-files.mjs', import.meta.url))

test('a rotation of 200,000 accounts with two tokens each stalls no request for more than 20 ms', async () => {
  const output = await new Promise<string>((resolve) =>
    execFile(process.execPath, ['--expose-gc', program], (_error, stdout, stderr) => resolve(`${stdout}${stderr}`)),
  )
  const read = (name: string): number[] =>
    [...output.matchAll(new RegExp(`^${name} +([\\d.]+) ms`, 'gm'))].map(([, ms]) => Number(ms))
  // A stall that the rotation makes is in each round. That of another process is not.
  const turns = read('most CPU time of a turn')
  expect(turns, output).toHaveLength(3)
  expect(Math.min(...turns), output).toBeLessThan(20)
  const least = Math.min(...read('longest stall'))
  expect(least - Math.max(...read('longest stall with as much other work')), output).toBeLessThan(20)
  console.log(output)
}, 300_000)
