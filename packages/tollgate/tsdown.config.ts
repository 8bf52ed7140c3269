import { resolve } from 'node:path'
import { transform } from 'esbuild'
import { defineConfig, type UserConfig } from 'tsdown'
import { contained, nameAuthors } from '../../tools/name-authors.mjs'
import { entries, providers, requiredProviders, withoutHmac } from './entries.js'

function nameOf(subpath: string): string {
  return subpath === '.' ? 'index' : subpath.slice(2)
}

function toEntry(sources: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(sources).map(([subpath, source]) => [nameOf(subpath), source]))
}

// Comments are in the types and in the repository.
const dropComments = (target: string) => ({
  name: 'drop-comments',
  async renderChunk(code: string, { fileName }: { fileName: string }): Promise<string | undefined> {
    if (!/\.c?js$/.test(fileName)) return undefined
    // Plain assignments instead of a call for each class field.
    const tsconfigRaw = { compilerOptions: { useDefineForClassFields: false } }
    const { code: plain } = await transform(code, { legalComments: 'none', loader: 'ts', target, tsconfigRaw })
    // esbuild keeps the comments of class members. It drops the names of classes in older syntax.
    return plain.replace(/^[ \t]*\/\*\*.*?\*\/\n/gms, '').replace(/^var (\w+) = \(\w+ = class(?= )/gm, '$& $1')
  },
})

// Rolldown writes each item of a list and of an object on a line of its own, and the tables of
// webhooks have thousands. A statement ends with `;`, so the pattern finds no block.
const shortLiterals = {
  name: 'short-literals',
  generateBundle(_options: unknown, bundle: Record<string, { code?: string }>): void {
    for (const chunk of Object.values(bundle))
      if (chunk.code !== undefined) chunk.code = chunk.code.replace(literal, joinLines)
  },
}
const literal = /(\[|(?<=[(:=?,[&|] |return |[([.])\{)\n\t+(?:[^\n;{}[\]`]+,\n\t+)*[^\n;{}[\]`]+\n\t*[\]}]/g

function joinLines(all: string): string {
  const [open = '', ...lines] = all.split(/\n\t*/)
  const line = open === '[' ? lines.join(' ').replace(/^/, '[').replace(/ \]$/, ']') : `{ ${lines.join(' ')}`
  return line.length > 100 ? all : line
}

// The titles of causes are the headings of their page.
const dropPageTexts = {
  name: 'drop-page-texts',
  transform(code: string, id: string): string | undefined {
    if (!/(diagnose[\\/]causes[\\/][\w-]+|sendgrid[\\/]causes)\.ts$/.test(id)) return undefined
    return code.replace(/^ {4}title:\s*(['"`])(?:(?!\1)[^\\\n]|\\.)*\1,\n/gm, '')
  },
}

// Rolldown writes a getter of five lines for each name that chunks share. No name here changes
// after it was set, and each is set before the end of its chunk.
const plainExports = {
  name: 'plain-exports',
  renderChunk: (code: string): string =>
    code.replace(
      /^Object\.defineProperty\(exports, "(\w+)", \{\s+enumerable: true,\s+get: function\(\) \{\s+return (\w+);\s+\}\s+\}\);$/gm,
      'exports.$1 = $2;',
    ),
}

// The package has no dependencies: it contains the only code that it needs from others.
const deps = { neverBundle: ['vitest'], onlyBundle: contained.tollgate }

// Each further file costs half a millisecond, so what every entry that verifies loads is one file.
// What only adapters load is a second one. The patterns match no declarations, which would become
// parts of a program.
const frame = {
  name: 'frame',
  priority: 1,
  test: /src[\\/](verdict|index|validator|checks[\\/]\w+|verify[\\/](?!paths)[\w-]+|hmac[\\/](chosen|node)|schemes[\\/]twilio[\\/](verifier|claim|keys|coverage|webhook|sign[\\/][\w-]+))\.ts$/,
}
const adapters = { name: 'adapters', test: /src[\\/](adapters[\\/]shared[\\/][\w-]+|verify[\\/]paths)\.ts$/ }
// The parts of two entries that others load too.
const written = { name: 'written', test: /src[\\/]requests[\\/](json|kept|write-curl)\.ts$/ }
const sendgrid = { name: 'sendgrid', test: /src[\\/]schemes[\\/]sendgrid[\\/](events|public-key|verifier)\.ts$/ }

// A group takes with it what it imports. In CommonJS that must not be the choice of a provider,
// whose paths start from its own folder, so this group has only files that import none.
const checks = { name: 'checks', test: /src[\\/](verdict|checks[\\/]\w+|schemes[\\/]twilio[\\/]webhook)\.ts$/ }

const shared: UserConfig = {
  platform: 'neutral',
  target: 'node20',
  dts: true,
  logLevel: 'warn',
  // Leaves out the comments that name the source file of each part.
  inputOptions: { experimental: { attachDebugInfo: 'none' } },
  fixedExtension: false,
}

// Node.js takes a tenth of an import to look up a name in the package's own `imports` and to read one
// more file. So the file with the core contains the provider of Node.js. Under other conditions,
// `exports` names files that first bring the pure one, or `node:crypto` to Bun.
const forOtherRuntimes = {
  name: 'for-other-runtimes',
  resolveId: (id: string): { id: string } | undefined =>
    id === '#hmac' ? { id: resolve('src/hmac/chosen.ts') } : undefined,
  generateBundle(this: { emitFile(file: { type: 'asset'; fileName: string; source: string }): void }): void {
    for (const subpath of Object.keys(entries).filter((name) => !withoutHmac.includes(name))) {
      const name = nameOf(subpath)
      const up = '../'.repeat(name.split('/').length)
      for (const [folder, brought] of Object.entries({ pure: 'pure', bun: 'crypto' })) {
        const source = `import "${up}hmac/${brought}.js";\nexport * from "${up}${name}.js";\n`
        this.emitFile({ type: 'asset', fileName: `${folder}/${name}.js`, source })
      }
    }
  },
}

// The package's own `imports` choose the provider of ECDSA when the program runs, not when it is built.
const esm: UserConfig = {
  ...shared,
  outputOptions: { codeSplitting: { groups: [frame, adapters, written, sendgrid] } },
  entry: toEntry({ ...entries, ...providers }),
  format: ['esm'],
  plugins: [forOtherRuntimes, dropPageTexts, dropComments('node20'), shortLiterals, nameAuthors('tollgate')],
  deps: { ...deps, neverBundle: [...deps.neverBundle, '#ecdsa', /^node:/] },
}

// Tools that read neither `exports` nor `imports` load the CommonJS copy. The parsers of webpack 4
// and of browserify know the syntax of ES2019, and Jest 26 knows no names with `node:`.
const forOlderTools = {
  name: 'for-older-tools',
  // Bundlers for browsers would look for `node:crypto` if it was required by name, and put copies
  // of `Buffer` and `process` beside free names.
  transform: (code: string): string =>
    code.replace(/^import \{(.*)\} from 'node:crypto'$/m, (_all, names: string) => {
      return `const { Buffer, process } = globalThis
const {${names.replaceAll(' as ', ': ')}} = process.getBuiltinModule('node:crypto')`
    }),
  resolveId(id: string, importer = ''): { id: string; external?: boolean } | undefined {
    if (id === '#hmac' || id === '#ecdsa')
      return { id: resolve(requiredProviders[id === '#hmac' ? './hmac/required' : './ecdsa/required']) }
    // It loads one of two files when it runs.
    if (importer.endsWith('required.ts')) return { id: id.replace(/\.ts$/, '.cjs'), external: true }
    return id.startsWith('node:') ? { id: id.slice('node:'.length), external: true } : undefined
  },
}

const cjs: UserConfig = {
  ...shared,
  outputOptions: { codeSplitting: { groups: [checks] }, generatedCode: { symbols: false } },
  entry: toEntry({ ...entries, ...requiredProviders }),
  format: ['cjs'],
  plugins: [forOlderTools, dropPageTexts, dropComments('es2019'), plainExports, shortLiterals, nameAuthors('tollgate')],
  deps,
  clean: false,
}

const config: UserConfig[] = defineConfig([esm, cjs])

export default config
