import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

// In heavy/, because it writes 400,000 tokens four times and keeps a core busy.

const program = fileURLToPath(new URL('../../../../benchmarks/key-files.mjs', import.meta.url))

test('a rotation stalls no request for more than 20 ms: 200,000 accounts in a folder, 140,000 in one file', async () => {
  const output = await new Promise<string>((resolve) =>
    execFile(process.execPath, ['--expose-gc', program], (_error, stdout, stderr) => resolve(`${stdout}${stderr}`)),
  )
  for (const name of ['most CPU time of a turn', 'longest stall without the wait for a core']) {
    const found = [...output.matchAll(new RegExp(`^${name} +([\\d.]+) ms`, 'gm'))].map(([, ms]) => Number(ms))
    expect(found, output).toHaveLength(6)
    // A stall that the rotation makes is in each round. That of another process is not.
    expect(Math.min(...found.slice(0, 3)), output).toBeLessThan(20)
    expect(Math.min(...found.slice(3)), output).toBeLessThan(20)
  }
  console.log(output)
}, 300_000)
