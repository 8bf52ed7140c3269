import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { entries, withoutHmac } from '../packages/tollgate/entries.js'

const manifestUrl = new URL('../packages/tollgate/package.json', import.meta.url)
const jsrUrl = new URL('../packages/tollgate/jsr.json', import.meta.url)

/** @param {string} subpath '.' or './name' */
export function fileOf(subpath) {
  return subpath === '.' ? './dist/index' : `./dist/${subpath.slice(2)}`
}

/** @param {string} subpath */
function importsOf(subpath) {
  const file = `${fileOf(subpath)}.js`
  return withoutHmac.includes(subpath)
    ? { default: file }
    : { bun: file.replace('dist', 'dist/bun'), node: file, default: file.replace('dist', 'dist/pure') }
}

/** @param {Record<string, string>} list */
export function exportsOf(list) {
  const subpaths = Object.keys(list).map((subpath) => {
    const file = fileOf(subpath)
    return [
      subpath,
      {
        import: { types: `${file}.d.ts`, ...importsOf(subpath) },
        require: { types: `${file}.d.cts`, default: `${file}.cjs` },
      },
    ]
  })
  return { ...Object.fromEntries(subpaths), './package.json': './package.json' }
}

/**
 * Lists what the package contains: the built files, the pages of rejections, and the folders of the
 * entry points (`tools/entry-folders.mjs`).
 * @param {Record<string, string>} list
 */
export function filesOf(list) {
  const subpaths = Object.keys(list).filter((subpath) => subpath !== '.')
  return ['dist', 'docs', ...new Set(subpaths.map((subpath) => `${subpath.split('/')[1]}`))]
}

// JSR refuses modules that add to the types of a framework, because they change types elsewhere:
// https://jsr.io/go/slow-type-unsupported-ambient-module. npm has these entry points.
// And one reads XML with a package that users install.
const notOnJsr = ['./express', './fastify', './h3', './testing/vitest', './testing/jest']

/**
 * Makes the configuration of the package on JSR. JSR has no conditions for imports, so every
 * runtime gets the portable providers there, which import @noble/hashes from npm.
 * @param {Record<string, string>} list
 */
export function jsrOf(list) {
  const { version, license, devDependencies } = JSON.parse(readFileSync(manifestUrl, 'utf8'))
  const noble = '@noble/hashes'
  const subpaths = Object.entries(list).filter(([subpath]) => !notOnJsr.includes(subpath))
  return {
    name: '@tollgate/tollgate',
    version,
    license,
    exports: Object.fromEntries(subpaths.map(([subpath, source]) => [subpath, `./${source}`])),
    imports: {
      '#hmac': './src/hmac/pure.ts',
      '#ecdsa': './src/ecdsa/web.ts',
      [noble]: `npm:${noble}@${devDependencies[noble]}`,
    },
    publish: { include: ['src', 'README.md', 'LICENSE', 'jsr.json'] },
  }
}

export function writeExports() {
  const manifest = JSON.parse(readFileSync(manifestUrl, 'utf8'))
  manifest.exports = exportsOf(entries)
  manifest.files = filesOf(entries)
  writeFileSync(manifestUrl, `${JSON.stringify(manifest, null, 2)}\n`)
  writeFileSync(jsrUrl, `${JSON.stringify(jsrOf(entries), null, 2)}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeExports()
