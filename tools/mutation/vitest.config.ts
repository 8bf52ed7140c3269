import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The tests that mutants are tried against: those of the source itself, which need neither a build nor a server. */
export default defineConfig({
  resolve: {
    alias: { '#hmac': fileURLToPath(new URL('../../packages/tollgate/src/hmac/node.ts', import.meta.url)) },
  },
  test: {
    include: ['packages/tollgate/test/**/*.test.ts'],
    exclude: [
      '**/*compat*',
      '**/keys-*',
      '**/replay-redis.test.ts',
      '**/testing*',
      '**/exports.test.ts',
      '**/counters*',
    ],
  },
})
