import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'

const timeouts = { testTimeout: 30_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    pool: 'forks',
    coverage: { include: ['packages/tollgate/src/**/*.ts'], reporter: ['text-summary', 'html'] },
    projects: [
      {
        resolve: {
          alias: Object.fromEntries(
            ['hmac', 'ecdsa'].map((name) => [
              `#${name}`,
              fileURLToPath(new URL(`packages/tollgate/src/${name}/node.ts`, import.meta.url)),
            ]),
          ),
        },
        test: { name: 'unit', include: ['packages/tollgate/test/**/*.test.ts'], ...timeouts },
      },
      {
        test: {
          name: 'conformance',
          include: ['conformance/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'conformance/heavy/**'],
          ...timeouts,
        },
      },
      {
        // Frameworks in projects of their own, which are installed and built first.
        test: {
          name: 'heavy',
          include: ['{conformance,tools/test,packages/*/test}/heavy/*.test.ts', 'site/test/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'shells',
          include: ['packages/{cli,codemod,gateway,inspector}/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'packages/*/test/heavy/**'],
          ...timeouts,
        },
      },
      { test: { name: 'tools', include: ['tools/test/*.test.ts'], ...timeouts } },
      {
        test: {
          name: 'package',
          include: ['tools/package-test/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
