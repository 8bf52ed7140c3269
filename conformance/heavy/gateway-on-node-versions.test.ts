import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { findNode } from '../runtimes/project.ts'

const root = new URL('../../', import.meta.url).pathname
const run = promisify(execFile)

/** Tests that depend on how Node.js reads requests, and on its streams and sockets. */
const files = [
  'answer-reader',
  'attacks',
  'connections',
  'forward-auth',
  'framing',
  'hostile-upstream',
  'steady',
  'heavy/stops',
  'heavy/tls-and-redis',
  'turns',
  'websocket',
]

test.each([22, 24, 26])('the gateway behaves the same on Node.js %i', { timeout: 300_000 }, async (major) => {
  const node = findNode(major)
  const paths = files.map((name) => `packages/gateway/test/${name}.test.ts`)
  const { stdout } = await run(
    node,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', ...paths],
    {
      cwd: root,
      // Commands that a test starts run on that version too.
      env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, VITEST: undefined },
      maxBuffer: 64 * 1024 * 1024,
    },
  )
  const { numFailedTests, numPassedTests } = JSON.parse(stdout.slice(stdout.indexOf('{')))
  expect(numFailedTests).toBe(0)
  expect(numPassedTests).toBeGreaterThan(200)
})
