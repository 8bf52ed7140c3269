import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { findNode } from '../runtimes/project.ts'

// Slow: it starts three gateways, and waits ten seconds for each.

const program = new URL('../../benchmarks/gateway-start.mjs', import.meta.url).pathname

test('the gateway starts with at most 70 MB', { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(findNode(20), [program], { env: { ...process.env, ROUNDS: '3' } })
  expect(stdout).toMatch(/^at start \d+\.\d MB on Node\.js 20\.\d+\.\d+ \(at most 70 MB\)$/m)
})
