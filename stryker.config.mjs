/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  packageManager: 'npm',
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'tools/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // What would accept a forged request, lose a genuine one, or blame the wrong cause. The rows of `webhooks/` are
  // data, and other tests compare them with Twilio's documentation.
  mutate: [
    'packages/tollgate/src/bytes.ts',
    'packages/tollgate/src/form.ts',
    'packages/tollgate/src/url.ts',
    'packages/tollgate/src/checks/limits.ts',
    'packages/tollgate/src/hmac/algorithms.ts',
    'packages/tollgate/src/verify/*.ts',
    'packages/tollgate/src/schemes/*.ts',
    'packages/tollgate/src/schemes/twilio/*.ts',
    'packages/tollgate/src/schemes/twilio/sign/*.ts',
    'packages/tollgate/src/schemes/sendgrid/public-key.ts',
    'packages/tollgate/src/schemes/sendgrid/signature.ts',
    'packages/tollgate/src/schemes/sendgrid/verifier.ts',
    'packages/tollgate/src/adapters/shared/*.ts',
    'packages/tollgate/src/keys/*.ts',
    'packages/tollgate/src/replay/*.ts',
    'packages/tollgate/src/stream/*.ts',
    'packages/tollgate/src/diagnose/search.ts',
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
