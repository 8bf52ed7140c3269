import { defineConfig, type UserConfig } from 'tsdown'

// Each further file takes half a millisecond to load, so what one help needs is in few of them. A
// group takes with it what it imports, unless that is in a group with a higher priority.
const groups = [
  { name: 'shell', priority: 2, test: /src[\\/]run\.ts$/ },
  { name: 'io', priority: 1, test: /src[\\/](io|secrets|verifier-options)\.ts$/ },
  { name: 'inputs', test: /src[\\/]inputs[\\/]index\.ts$/ },
]

const config: UserConfig = defineConfig({
  entry: { index: 'src/index.ts', bin: 'src/bin.ts' },
  format: ['esm'],
  platform: 'node',
  target: 'node20',
  dts: true,
  logLevel: 'warn',
  fixedExtension: false,
  outputOptions: { codeSplitting: { groups } },
})

export default config
