import { join } from 'node:path'
import { BaseSequencer } from 'vitest/node'
import { root } from './run.mjs'

/**
 * The files of tests that take longest. The first four install and build applications, and keep the
 * processors busy: tests of the inspector and the gateway, which have time limits, come after them.
 * Those that wait much, such as the gateway on other versions, run beside those that work.
 */
export const slowest = [
  'conformance/heavy/follow-docs.test.ts',
  'site/test/pages.test.ts',
  'conformance/heavy/next.test.ts',
  'conformance/heavy/examples.test.ts',
  'conformance/heavy/gateway-on-node-versions.test.ts',
  'conformance/heavy/chaos.test.ts',
  'packages/inspector/test/heavy/looks.test.ts',
  'tools/test/heavy/loading.test.ts',
  'packages/inspector/test/heavy/page.test.ts',
  'packages/inspector/test/heavy/paste.test.ts',
  'tools/test/heavy/installs.test.ts',
  'packages/inspector/test/heavy/alive.test.ts',
  'conformance/heavy/routed.test.ts',
  'conformance/heavy/react-router.test.ts',
  'conformance/heavy/runtimes.test.ts',
  'tools/test/heavy/release.test.ts',
  'conformance/heavy/broken.test.ts',
  'conformance/heavy/astro.test.ts',
  'tools/test/heavy/fuzz.test.ts',
  'conformance/heavy/nest.test.ts',
  'conformance/heavy/sveltekit.test.ts',
  'packages/cli/test/heavy/audit.test.ts',
  'conformance/heavy/lambda.test.ts',
  'conformance/heavy/nitro.test.ts',
  'packages/gateway/test/heavy/stops.test.ts',
  'packages/inspector/test/heavy/call.test.ts',
  'packages/inspector/test/heavy/hostile-page.test.ts',
  'tools/test/heavy/install.test.ts',
  'conformance/heavy/on-runtimes.test.ts',
  'packages/cli/test/heavy/usage.test.ts',
  'tools/package-test/jest.test.ts',
  'conformance/heavy/forged-diagnosis.test.ts',
  'conformance/heavy/gateway-memory.test.ts',
  'packages/tollgate/test/heavy/diagnose-secrets.test.ts',
  'packages/tollgate/test/heavy/keys-folder-stalls.test.ts',
  'conformance/heavy/receivers.test.ts',
  // Of the quick ones. The second waits more than it works.
  'conformance/runs/diagnosis.test.ts',
  'conformance/runs/ws.test.ts',
  'conformance/runs/adapters.test.ts',
  'packages/cli/test/audit-probe.test.ts',
  'packages/cli/test/call.test.ts',
]

/**
 * Starts the slowest files first. Vitest knows no durations on a fresh clone, and would start with
 * the largest files and end with the last project: one worker would run minutes after the others.
 */
export class SlowestFirst extends BaseSequencer {
  /** @param {import('vitest/node').TestSpecification[]} files @override */
  async sort(files) {
    const ranks = new Map(slowest.map((file, index) => [join(root, file), index]))
    const rankOf = (/** @type {string} */ path) => ranks.get(path) ?? slowest.length
    return (await super.sort(files)).sort((one, other) => rankOf(one.moduleId) - rankOf(other.moduleId))
  }
}
