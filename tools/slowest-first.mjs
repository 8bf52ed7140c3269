import { join } from 'node:path'
import { BaseSequencer } from 'vitest/node'
import { root } from './run.mjs'

/**
 * The files of tests that take longest, such as those that install and build applications. The
 * gateway on other versions waits much, so it runs beside those that work.
 */
export const slowest = [
  'conformance/heavy/next.test.ts',
  'site/test/pages.test.ts',
  'conformance/heavy/gateway-on-node-versions.test.ts',
  'conformance/heavy/examples.test.ts',
  'packages/inspector/test/heavy/page.test.ts',
  'conformance/heavy/chaos.test.ts',
  'packages/inspector/test/heavy/looks.test.ts',
  'conformance/heavy/follow-docs.test.ts',
  'tools/test/heavy/loading.test.ts',
  'tools/test/heavy/installs.test.ts',
  'packages/inspector/test/heavy/paste.test.ts',
  'packages/inspector/test/heavy/alive.test.ts',
  'conformance/heavy/runtimes.test.ts',
  'tools/test/heavy/release.test.ts',
  'packages/inspector/test/heavy/call.test.ts',
  'conformance/heavy/sveltekit.test.ts',
  'packages/cli/test/heavy/field.test.ts',
  'tools/package-test/types.test.ts',
  'conformance/heavy/routed.test.ts',
  'tools/test/heavy/fuzz.test.ts',
  'conformance/heavy/nest.test.ts',
  'conformance/heavy/lambda.test.ts',
  'packages/gateway/test/heavy/stops.test.ts',
  'conformance/heavy/nitro.test.ts',
  'conformance/heavy/react-router.test.ts',
  'conformance/heavy/broken.test.ts',
  'packages/cli/test/heavy/audit.test.ts',
  'conformance/heavy/astro.test.ts',
  'conformance/heavy/receivers.test.ts',
  'conformance/heavy/field-diagnosis.test.ts',
  'conformance/heavy/on-runtimes.test.ts',
  'conformance/heavy/field.test.ts',
  // Of the quick ones. The first waits more than it works.
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
