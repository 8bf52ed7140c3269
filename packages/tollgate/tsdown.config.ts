import { transform } from 'esbuild'
import { defineConfig, type UserConfig } from 'tsdown'
import { entries, internalEntries } from './entries.js'

function nameOf(subpath: string): string {
  return subpath === '.' ? 'index' : subpath.slice(2)
}

const sources = Object.entries({ ...entries, ...internalEntries })

// Comments are in the types and in the repository.
const dropComments = {
  name: 'drop-comments',
  async renderChunk(code: string, { fileName }: { fileName: string }): Promise<string | undefined> {
    if (!/\.c?js$/.test(fileName)) return undefined
    const { code: plain } = await transform(code, { legalComments: 'none', minifySyntax: true, target: 'node20' })
    // esbuild keeps the comments of class members.
    return plain.replace(/^[ \t]*\/\*\*.*?\*\/\n/gms, '')
  },
}

// The texts of causes that only the documentation shows: `npm run causes` reads them in the source.
const dropPageTexts = {
  name: 'drop-page-texts',
  transform(code: string, id: string): string | undefined {
    if (!/diagnose[\\/]causes[\\/][\w-]+\.ts$/.test(id)) return undefined
    return code.replace(/^ {4}(title|symptom|reason|question):\s*('(?:[^'\\\n]|\\.)*'|"[^"\n]*"|`[^`$]*`),\n/gm, '')
  },
}

const config: UserConfig = defineConfig({
  entry: Object.fromEntries(sources.map(([subpath, source]) => [nameOf(subpath), source])),
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: 'node20',
  dts: true,
  plugins: [dropPageTexts, dropComments],
  logLevel: 'warn',
  // Leaves out the comments that name the source file of each part.
  inputOptions: { experimental: { attachDebugInfo: 'none' } },
  fixedExtension: false,
  // The package's own `imports` choose the provider when the program runs, not when it is built.
  deps: { neverBundle: ['#hmac', '#ecdsa', /^node:/] },
})

export default config
