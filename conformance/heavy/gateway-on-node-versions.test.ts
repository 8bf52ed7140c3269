import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { findNode } from '../runtimes/project.ts'

const root = new URL('../../', import.meta.url).pathname
const run = promisify(execFile)

/** Tests that depend on how Node.js reads requests, and on its sockets. */
const files = ['attacks', 'connections', 'forward-auth', 'framing', 'websocket']

/** What Vitest reports of a run. */
interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

// The one that follows the oldest, and the newest. The workflow of CI runs `npm test` on Node.js 24.
test.each([22, 26])('the gateway behaves the same on Node.js %i', { timeout: 300_000 }, async (major) => {
  const node = findNode(major)
  const paths = files.map((name) => `packages/gateway/test/${name}.test.ts`)
  // Commands that a test starts run on that version too.
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, VITEST: undefined }
  const { stdout } = await run(
    node,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', ...paths],
    { cwd: root, env, maxBuffer: 64 * 1024 * 1024 },
    // It exits with 1 if a test fails. Its report says which.
  ).catch((error: { stdout: string }) => error)
  const { numPassedTests, testResults }: Report = JSON.parse(stdout.slice(stdout.indexOf('{')))
  const results = testResults.flatMap(({ assertionResults }) => assertionResults)
  const failed = results.filter(({ status }) => status === 'failed')
  expect(failed.map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join('\n')}`)).toEqual([])
  expect(testResults.filter(({ status }) => status === 'failed')).toEqual([])
  expect(numPassedTests).toBeGreaterThan(150)
})
