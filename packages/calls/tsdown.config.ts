import { defineConfig, type UserConfig } from 'tsdown'

const config: UserConfig = defineConfig({
  entry: { index: 'src/index.ts' },
  format: ['esm'],
  platform: 'neutral',
  target: 'es2023',
  dts: true,
  logLevel: 'warn',
  fixedExtension: false,
})

export default config
