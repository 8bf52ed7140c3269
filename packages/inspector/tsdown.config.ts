import { defineConfig, type UserConfig } from 'tsdown'

const config: UserConfig = defineConfig({
  entry: { index: 'src/index.ts', 'explain-worker': 'src/server/explain/worker.ts' },
  format: ['esm'],
  platform: 'node',
  target: 'node20',
  dts: true,
  // The page was built into dist/ui before, and must stay.
  clean: ['dist/*.js', 'dist/*.ts'],
  logLevel: 'warn',
  fixedExtension: false,
})

export default config
