import { defineConfig, type UserConfig } from 'tsdown'
import { entries, internalEntries } from './entries.js'

function nameOf(subpath: string): string {
  return subpath === '.' ? 'index' : subpath.slice(2)
}

const sources = Object.entries({ ...entries, ...internalEntries })

const config: UserConfig = defineConfig({
  entry: Object.fromEntries(sources.map(([subpath, source]) => [nameOf(subpath), source])),
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: 'node20',
  dts: true,
  logLevel: 'warn',
  fixedExtension: false,
  // The package's own `imports` choose the provider when the program runs, not when it is built.
  deps: { neverBundle: ['#hmac', /^node:/] },
})

export default config
