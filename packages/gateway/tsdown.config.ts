import { defineConfig, type UserConfig } from 'tsdown'
import { contained, nameAuthors } from '../../tools/name-authors.mjs'

const name = '@tollgate/gateway'

const config: UserConfig = defineConfig({
  entry: { index: 'src/index.ts' },
  format: ['esm'],
  platform: 'node',
  target: 'node20',
  dts: true,
  // A process that starts reads one file instead of a hundred. The texts of messages in fifty
  // languages and what else no schema uses are left out: together 3 MB of memory.
  deps: { onlyBundle: contained[name] },
  plugins: [nameAuthors(name)],
  logLevel: 'warn',
  fixedExtension: false,
})

export default config
