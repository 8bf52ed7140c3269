import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeReport } from '../../tools/write-report.mjs'
import { bundleEntries } from '../runtimes/bundle.ts'
import { runInChromium } from '../runtimes/chromium.ts'
import { exceptionsOf } from '../runtimes/exceptions.ts'
import type { Serving } from '../runtimes/play-remote.ts'
import { denoArguments, findNode, programs } from '../runtimes/project.ts'
import { runRemoteFetch } from '../runtimes/remote-fetch.ts'
import { record, rows } from '../runtimes/report.ts'
import { runProgram, startProgram } from '../runtimes/run-program.ts'
import type { ProgramReport } from '../runtimes/run-reported.ts'
import { checkWorkerd } from '../runtimes/workerd-checks.ts'

beforeAll(async () => {
  await bundleEntries(['portable', 'adapters', 'entry-points', 'serve-deno', 'serve-bun', 'worker', 'browser'])
})
afterAll(() => writeReport('runtimes', rows))

// On a fresh clone, the time includes the installation of Chromium or Node.js.
const timeout = 300_000

/** Runs a bundled entry in a runtime that has `node:crypto`, and so must use it. */
async function runEntry(name: string, binary: string, ...args: readonly string[]): Promise<ProgramReport> {
  const report = await runProgram<ProgramReport>(binary, ...args)
  expect(report.provider, 'the HMAC provider').toBe('node:crypto')
  record({ name, version: report.version, hmac: report.provider }, report.suites)
  return report
}

describe.each([20, 22, 24, 26])('Node.js %i', (major) => {
  test.each(['portable', 'adapters', 'entry-points'])(
    '%s',
    async (entry) => {
      const { version } = await runEntry(`Node.js ${major}`, findNode(major), `dist/${entry}.mjs`)
      expect(version.split('.')[0]).toBe(String(major))
    },
    timeout,
  )
})

describe.each([
  { name: 'Deno', binary: programs.deno, args: denoArguments, server: 'dist/serve-deno.mjs' },
  { name: 'Bun', binary: programs.bun, args: [], server: 'dist/serve-bun.mjs' },
] as const)('$name', ({ name, binary, args, server }) => {
  test('portable', async () => void (await runEntry(name, binary(), ...args, 'dist/portable.mjs')), timeout)

  test(
    'fetch adapter',
    async () => {
      const program = startProgram(binary(), [...args, server])
      try {
        const { version, provider, ...ports } = await program.readLine<Serving>()
        expect(provider, 'the HMAC provider').toBe('node:crypto')
        record({ name, version, hmac: provider }, await runRemoteFetch(name, ports, exceptionsOf[name]))
      } finally {
        await program.stop()
      }
    },
    timeout,
  )
})

test.each([
  { name: 'workerd', flags: [] },
  { name: 'workerd, nodejs_compat', flags: ['nodejs_compat'] },
])('$name', ({ name, flags }) => checkWorkerd(name, flags), timeout)

test(
  'Chromium',
  async () => {
    const { version, provider, suites } = await runInChromium()
    expect(provider).toBe('@noble/hashes')
    record({ name: 'Chromium', version, hmac: provider }, suites)
  },
  timeout,
)
