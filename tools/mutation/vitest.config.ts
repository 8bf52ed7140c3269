import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { entries } from '../../packages/tollgate/entries.js'

/** Runs the scheme's own tests first: they are the fastest to notice a change of the scheme. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((one, other) => (one.moduleId < other.moduleId ? -1 : 1))
  }
}

const findSource = (file: string): string => fileURLToPath(new URL(`../../packages/tollgate/${file}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      ...['hmac', 'ecdsa'].map((name) => ({ find: `#${name}`, replacement: findSource(`src/${name}/node.ts`) })),
      // The suites of conformance/ import the package by its name. Here they test the sources.
      ...Object.entries(entries).map(([entry, file]) => ({
        find: new RegExp(`^tollgate${entry.slice(1)}$`),
        replacement: findSource(file),
      })),
    ],
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
