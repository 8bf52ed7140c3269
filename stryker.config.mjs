/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  packageManager: 'npm',
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'tools/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  mutate: [
    'packages/tollgate/src/{bytes,form,url,hmac/algorithms,schemes/twilio/sign/*}.ts',
    'packages/tollgate/src/verify/verifier.ts',
    'packages/tollgate/src/schemes/twilio/verifier.ts',
    'packages/tollgate/src/schemes/twilio/webhook.ts',
    'packages/tollgate/src/checks/limits.ts',
    'packages/tollgate/src/replay/*.ts',
  ],
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: 'node_modules/.cache/tollgate/mutation.json' },
  tempDirName: 'node_modules/.cache/stryker',
  ignorePatterns: ['**/dist', 'examples', 'docs', 'conformance/projects/*/node_modules', 'fuzz', 'sbom'],
  // Static mutants cost most of the time. They are the patterns, which matter most: all are tried.
  warnings: { slow: false, unknownOptions: true, preprocessorErrors: true, unserializableOptions: true },
  concurrency: 2,
  timeoutMS: 60_000,
  allowConsoleColors: false,
}
