import { entries, providers, requiredProviders } from './packages/tollgate/entries.js'

/** @type {import('knip').KnipConfig} */
export default {
  // Declarations need the names of types that no other file imports.
  ignoreExportsUsedInFile: { interface: true, type: true },
  workspaces: {
    '.': {
      project: ['*.{ts,mjs,js}'],
      // Commands that programs of tools/ run.
      ignoreDependencies: ['@arethetypeswrong/cli', 'publint', '@stryker-mutator/api'],
    },
    'packages/tollgate': {
      entry: [
        ...Object.values(entries),
        ...Object.values(providers),
        ...Object.values(requiredProviders),
        'test/**/*.test.ts',
      ],
      project: ['src/**/*.ts', 'test/**/*.ts', '*.{ts,js}'],
      // Required by its alias, which has no types of its own; and the module whose types the Jest matchers augment.
      ignoreDependencies: ['express4', 'expect'],
    },
    'packages/gateway': {
      entry: ['test/**/*.test.ts'],
      project: ['src/**/*.ts', 'test/**/*.ts'],
    },
    'packages/inspector': {
      entry: ['test/**/*.test.ts'],
      project: ['src/**/*.{ts,tsx}', 'test/**/*.ts'],
      // Resolved as a file: its script runs in the page.
      ignoreDependencies: ['axe-core'],
    },
    'packages/cli': { entry: ['test/**/*.test.ts'], project: ['src/**/*.ts', 'test/**/*.ts'] },
    'packages/calls': { entry: ['test/*.test.ts'], project: ['src/**/*.ts', 'test/*.ts'] },
    'packages/schemas': { entry: ['test/*.test.ts'], project: ['src/**/*.ts', 'test/*.ts'] },
    'packages/codemod': {
      entry: ['test/*.test.ts', 'test/heavy/*.test.ts'],
      project: ['src/**/*.ts', 'test/*.ts', 'test/heavy/*.ts'],
      // What the sources that are moved import.
      ignoreDependencies: ['twilio', 'body-parser'],
    },
    site: {
      entry: ['test/*.test.ts'],
      project: ['**/*.{ts,mjs,vue}'],
      // Loaded by name: a plugin of TypeDoc's, and a script for the page under test.
      ignoreDependencies: ['typedoc-plugin-markdown', 'axe-core'],
    },
    fuzz: {
      entry: ['targets/*.ts', 'seeds.ts'],
      project: ['**/*.{ts,mjs}'],
      ignoreDependencies: ['@jazzer.js/core'],
    },
    benchmarks: {
      entry: [
        '*.mjs',
        'core/server.mjs',
        'core/memory.mjs',
        'core/native.mjs',
        'gateway/serve-*.mjs',
        'timing/subjects.ts',
      ],
      project: ['**/*.{ts,mjs}'],
    },
    conformance: {
      // Two become a package of the projects, which are applications of their own. Bun and Deno run
      // the last ones.
      entry: [
        '**/*.test.ts',
        'projects/stage.ts',
        'projects/follow.ts',
        'runtimes/entries/*.ts',
        'routed/serve-*.ts',
        'receivers/*.mjs',
      ],
      project: ['**/*.ts', 'receivers/*.mjs', '!projects/*/**'],
    },
    'examples/*': { entry: ['*.mjs'], project: ['*.mjs'] },
    'examples/lambda': {
      entry: ['*.mjs'],
      project: ['*.mjs'],
      // Imported by @middy/http-urlencode-body-parser 6.4.5, which does not declare it.
      ignoreDependencies: ['@middy/util'],
    },
    tools: {
      entry: ['*.mjs', 'test/**/*.test.ts', 'package-test/*.test.ts', 'mutation/**'],
      project: ['**/*.{mjs,ts}'],
      // Measured, not imported.
      ignoreDependencies: ['twilio'],
    },
  },
}
