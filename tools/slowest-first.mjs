import { join } from 'node:path'
import { BaseSequencer } from 'vitest/node'
import { root } from './run.mjs'

/**
 * The files of tests that take longest. The first install and build applications, and keep the
 * processors busy: tests of the inspector and the gateway, which have time limits, come after them.
 */
const slowest = [
  'conformance/heavy/next.test.ts',
  'conformance/heavy/examples.test.ts',
  'site/test/pages.test.ts',
  'conformance/heavy/follow-docs.test.ts',
  'conformance/heavy/gateway-on-node-versions.test.ts',
  'packages/inspector/test/heavy/looks.test.ts',
  'conformance/runs/diagnosis.test.ts',
  'packages/inspector/test/heavy/page.test.ts',
  'packages/inspector/test/heavy/paste.test.ts',
  'conformance/heavy/routed.test.ts',
  'conformance/heavy/react-router.test.ts',
  'conformance/heavy/runtimes.test.ts',
  'conformance/runs/ws.test.ts',
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
