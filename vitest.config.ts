import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'
import { SlowestFirst } from './tools/slowest-first.mjs'

const timeouts = { testTimeout: 30_000, hookTimeout: 60_000 }

// Many tests make short-lived objects by the million. With room for them, the collection of garbage takes less
// of the processor.
const execArgv = ['--max-semi-space-size=128']

// A file in a folder `heavy/` is slow or needs a program: only `npm run test:all` runs it.
// So do those that take seconds of CPU time, where a quick one of the same kind stays.
const slow = [
  'conformance/runs/{adapters,conservation-http2,diagnosis,elysia,fastify,h3,hono,http2,koa,recipes,web-request,ws}.test.ts',
  'packages/calls/test/call.test.ts',
  'packages/cli/test/{call,conform,diagnose,differences}.test.ts',
  'packages/gateway/test/{conservation,hostile-upstream}.test.ts',
  'packages/inspector/test/{call,captures,copy,sendgrid}.test.ts',
  'packages/tollgate/test/diagnose-{causes,cost,evidence,keys,memory,truth}.test.ts',
  'packages/tollgate/test/{compat-differential,keys-flood,misshapen,properties,replay-variants}.test.ts',
  'packages/tollgate/test/{requests-hostile,requests-logged,sendgrid-diagnose}.test.ts',
]
const withoutSlow = [...configDefaults.exclude, '**/heavy/**', ...slow]

// The other projects import what is built, so that a test of old output cannot pass.
const buildFirst = { globalSetup: ['tools/build-first.mjs'] }
const inMemory = { globalSetup: [...buildFirst.globalSetup, 'tools/memory-folder.mjs'] }

// Reading the library again for each file is a large part of what tests cost. Frameworks change globals, so the
// other projects have a process for each file.
const shared = { isolate: false }

// For tests that import sources of the library.
const providers = Object.fromEntries(
  ['hmac', 'ecdsa'].map((name) => [
    `#${name}`,
    fileURLToPath(new URL(`packages/tollgate/src/${name}/node.ts`, import.meta.url)),
  ]),
)

export default defineConfig({
  test: {
    pool: 'forks',
    // Two more than there are cores, because many tests wait for sockets, browsers and processes.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: SlowestFirst },
    coverage: { include: ['packages/tollgate/src/**/*.ts'], reporter: ['text-summary', 'html'] },
    projects: [
      {
        resolve: { alias: providers },
        test: {
          name: 'unit',
          execArgv,
          include: ['packages/tollgate/test/**/*.test.ts'],
          exclude: withoutSlow,
          ...shared,
          ...timeouts,
        },
      },
      {
        test: {
          name: 'conformance',
          execArgv,
          include: ['conformance/**/*.test.ts'],
          exclude: withoutSlow,
          ...buildFirst,
          ...timeouts,
        },
      },
      {
        // Among them frameworks in projects of their own, which are installed and built first.
        resolve: { alias: providers },
        test: {
          name: 'heavy',
          execArgv,
          include: ['{conformance,tools/test,packages/*/test}/heavy/*.test.ts', 'site/test/*.test.ts', ...slow],
          ...inMemory,
          // A program may wait for its turn beside builds.
          testTimeout: 90_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'shells',
          execArgv,
          include: ['packages/{calls,cli,codemod,gateway,inspector,schemas}/test/**/*.test.ts'],
          exclude: withoutSlow,
          ...shared,
          ...buildFirst,
          ...timeouts,
        },
      },
      {
        resolve: { alias: providers },
        test: {
          name: 'tools',
          execArgv,
          include: ['tools/test/*.test.ts'],
          setupFiles: ['tools/test/start-fresh.ts'],
          ...shared,
          ...buildFirst,
          ...timeouts,
        },
      },
      {
        test: {
          name: 'package',
          execArgv,
          include: ['tools/package-test/*.test.ts'],
          ...inMemory,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
