import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Runs the scheme's own tests first: they are the fastest to notice a change of the scheme. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((one, other) => (one.moduleId < other.moduleId ? -1 : 1))
  }
}

export default defineConfig({
  resolve: {
    alias: Object.fromEntries(
      ['hmac', 'ecdsa'].map((name) => [
        `#${name}`,
        fileURLToPath(new URL(`../../packages/tollgate/src/${name}/node.ts`, import.meta.url)),
      ]),
    ),
  },
  test: {
    include: ['tools/mutation/suites/*.test.ts'],
    // As in the tests of the project. On a busy machine, a shorter limit would end tests that notice
    // nothing, and the change would count as noticed.
    testTimeout: 30_000,
    setupFiles: [fileURLToPath(new URL('fewer-runs.ts', import.meta.url))],
    sequence: { sequencer: InOrder },
  },
})
