import { expect } from 'vitest'
import { bundleForPlatform, listEntryPoints, writeEntryPointsWorker } from './bundle.ts'
import { exceptionsOf } from './exceptions.ts'
import { readVersion } from './project.ts'
import { runRemoteFetch } from './remote-fetch.ts'
import { record } from './report.ts'
import type { SuiteReport, SuiteReports } from './run-reported.ts'
import { askWorkerd, startWorkerd } from './workerd.ts'

// These are for Node.js servers. `nest` needs a package that needs Node.js.
const needNode = ['./fastify', './ws', './nest', './testing/node']
// These load a test runner.
const needRunner = ['./testing/vitest', './testing/jest']

/** Runs all checks in workerd, with or without Node.js compatibility. */
export async function checkWorkerd(name: string, flags: readonly string[]): Promise<void> {
  const { file, provider } = await bundleForPlatform('worker', 'workerd')
  expect(provider, 'the HMAC provider').toBe('@noble/hashes')
  const runtime = { name, version: readVersion('@cloudflare/workerd-linux-64'), hmac: provider }
  const workerd = await startWorkerd(file, ['orders', 'portable', 'environmentOfWorker'], flags)
  try {
    const environmentOfWorker = await askWorkerd(workerd, 'environmentOfWorker')
    expect(environmentOfWorker, 'node:crypto is available').toEqual({ hasNode: flags.includes('nodejs_compat') })
    const portable = await askWorkerd<SuiteReports>(workerd, 'portable')
    const ports = { port: workerd.ports.default ?? 0, orders: workerd.ports.orders ?? 0 }
    const adapter = await runRemoteFetch(name, ports, exceptionsOf.workerd)
    record(runtime, { ...portable, ...adapter, 'entry points': await loadEntryPoints(flags) })
  } finally {
    await workerd.stop()
  }
}

/**
 * Loads each entry point that does not need Node.js. With compatibility, it loads the others too.
 */
async function loadEntryPoints(flags: readonly string[]): Promise<SuiteReport> {
  const specifiers = listEntryPoints([...needRunner, ...(flags.includes('nodejs_compat') ? ['./nest'] : needNode)])
  writeEntryPointsWorker('entry-points-worker', specifiers)
  const { file } = await bundleForPlatform('entry-points-worker', 'workerd')
  const workerd = await startWorkerd(file, [], flags)
  try {
    const names = await askWorkerd<Readonly<Record<string, readonly string[]>>>(workerd, 'default')
    const failures = specifiers
      .filter((specifier) => names[specifier]?.length === 0)
      .map((name) => ({ suite: 'entry points', name, message: 'has no exports' }))
    return { passed: specifiers.length - failures.length, failures, exceptions: {} }
  } finally {
    await workerd.stop()
  }
}
