import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { entries } from '../packages/tollgate/entries.js'
import { root, run } from './run.mjs'
import { isInstalled, isStale } from './setup.mjs'

const folder = join(root, '.build/start')
const packages = join(root, 'packages')
const outputs = ['start.mjs', 'ui/main.js', 'ui/index.html', 'ui/style.css'].map((name) => join(folder, name))
const sources = [
  ...['tollgate/src', 'calls/src', 'gateway/src', 'inspector/src', 'inspector/static', '../docs/codes'],
  ...['../package-lock.json', '../tools/start-bundle.mjs'],
].map((name) => join(packages, name))

/**
 * Bundles what `npm start` runs, from the sources, and imports it. In a fresh clone it installs
 * only the packages that this needs, in a folder of its own: the whole repository has ten times as
 * many.
 * @returns {Promise<typeof import('@tollgate/inspector') & typeof import('tollgate/testing')>}
 */
export async function importStart() {
  mkdirSync(folder, { recursive: true })
  if (isInstalled(root)) rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  else await installInFolder()
  if (isStale(outputs, sources)) await bundle()
  return await import(pathToFileURL(join(folder, 'start.mjs')).href)
}

/** @param {string} name a folder of packages/ */
function readManifest(name) {
  return JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'))
}

function listDependencies() {
  const [tollgate, calls, gateway, inspector] = ['tollgate', 'calls', 'gateway', 'inspector'].map(readManifest)
  const { preact, '@preact/signals': signals } = inspector.devDependencies
  const all = {
    ...tollgate.dependencies,
    ...calls.dependencies,
    ...gateway.dependencies,
    ...inspector.dependencies,
    preact,
    '@preact/signals': signals,
    esbuild: tollgate.devDependencies.esbuild,
    zod: gateway.devDependencies.zod,
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => !/^(@tollgate\/|tollgate$)/.test(name)))
}

/** Installs with the versions and checksums of the repository's lock file. npm drops the others. */
async function installInFolder() {
  const dependencies = listDependencies()
  if (isInstalled(folder, join(root, 'package-lock.json'))) return
  const all = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const locked = Object.entries(all).filter(([path, { link }]) => path.startsWith('node_modules/') && !link)
  const lock = { lockfileVersion: 3, packages: { '': { dependencies }, ...Object.fromEntries(locked) } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  console.log('Installing the packages that it needs …')
  const flags = '--ignore-scripts --no-audit --no-fund'
  if ((await run(`npm install ${flags}`, { cwd: folder, quiet: true })) !== 0) throw new Error('`npm install` failed.')
  // The page finds the texts of the rejection codes in the library's package.
  if (!existsSync(join(folder, 'node_modules/tollgate')))
    symlinkSync(join(packages, 'tollgate'), join(folder, 'node_modules/tollgate'), 'junction')
}

async function bundle() {
  console.log('Bundling the gateway and the inspector …')
  await import('./package-pages.mjs')
  const { build } = createRequire(join(folder, 'start.mjs'))('esbuild')
  const library = Object.entries(entries).map(([name, file]) => [`tollgate${name.slice(1)}`, `tollgate/${file}`])
  const aliases = Object.entries({
    '#hmac': 'tollgate/src/hmac/node.ts',
    '#ecdsa': 'tollgate/src/ecdsa/node.ts',
    '@tollgate/calls': 'calls/src/index.ts',
    '@tollgate/gateway': 'gateway/src/index.ts',
    '@tollgate/inspector': 'inspector/src/index.ts',
    ...Object.fromEntries(library),
  }).map(([name, file]) => [name, join(packages, file)])
  const common = { bundle: true, format: 'esm', logLevel: 'error', nodePaths: [join(folder, 'node_modules')] }
  await Promise.all([
    build({
      ...common,
      platform: 'node',
      stdin: {
        contents: `export * from '@tollgate/inspector'; export * from 'tollgate/testing'`,
        resolveDir: root,
      },
      alias: Object.fromEntries(aliases),
      packages: 'external',
      outfile: join(folder, 'start.mjs'),
    }),
    build({
      ...common,
      entryPoints: [
        { in: join(packages, 'inspector/src/ui/main.tsx'), out: 'main' },
        ...['index.html', 'style.css', 'icon.svg'].map((name) => join(packages, 'inspector/static', name)),
      ],
      loader: { '.html': 'copy', '.css': 'copy', '.svg': 'copy' },
      outdir: join(folder, 'ui'),
      entryNames: '[name]',
    }),
  ])
}
