import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { library, project } from './project.ts'

const dist = join(project, 'dist')
const entries = fileURLToPath(new URL('entries/', import.meta.url))

/**
 * The conditions that a build tool sets for the platform. They choose `#ecdsa` and the entry points,
 * which bring the provider of HMACs.
 */
const conditions = {
  workerd: ['workerd', 'worker', 'browser'],
  browser: ['browser', 'module'],
}

/**
 * Bundles the suites as JavaScript in the project's `dist`. The library and the frameworks are not
 * included: the runtime that loads the file resolves them by its own rules, from the packed
 * library.
 */
export async function bundleEntries(names: readonly string[]): Promise<void> {
  await build({
    entryPoints: names.map((name) => join(entries, `${name}.ts`)),
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    external: ['tollgate', 'tollgate/*', 'hono', 'hono/*', 'h3', 'elysia', 'cloudflare:*'],
  })
}

interface PlatformBundle {
  readonly file: string
  /** The HMAC provider in the bundle. */
  readonly provider: string
}

/**
 * Bundles the result of `bundleEntries` again, with the library, for a platform without
 * node_modules.
 */
export async function bundleForPlatform(name: string, platform: keyof typeof conditions): Promise<PlatformBundle> {
  const file = join(dist, `${name}.${platform}.mjs`)
  const { metafile } = await build({
    entryPoints: [join(dist, `${name}.mjs`)],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: conditions[platform],
    external: ['node:*', 'cloudflare:*'],
    metafile: true,
    absWorkingDir: project,
  })
  const inputs = Object.keys(metafile.inputs)
  const outside = inputs.filter((path) => path.includes('/tollgate/') && !path.startsWith('node_modules/tollgate/'))
  if (outside.length > 0) throw new Error(`not from the packed library: ${outside.join()}`)
  return { file, provider: nameProvider(inputs) }
}

function nameProvider(inputs: readonly string[]): string {
  return inputs.includes('node_modules/tollgate/dist/hmac/pure.js') ? '@noble/hashes' : 'node:crypto'
}

/** Lists the entry points of the packed library, without those in `except`. */
export function listEntryPoints(except: readonly string[] = []): string[] {
  const { exports } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'))
  const subpaths = Object.keys(exports).filter((name) => ![...except, './package.json'].includes(name))
  return subpaths.map((name) => (name === '.' ? 'tollgate' : `tollgate/${name.slice(2)}`))
}

/** Writes a worker that loads these entry points and answers with the names that each exports. */
export function writeEntryPointsWorker(name: string, specifiers: readonly string[]): void {
  const imports = specifiers.map((specifier, index) => `import * as entry${index} from '${specifier}'`)
  const listed = specifiers.map((specifier, index) => `'${specifier}': Object.keys(entry${index})`)
  const answer = `export default { fetch: () => Response.json({ ${listed.join(', ')} }) }`
  writeFileSync(join(dist, `${name}.mjs`), `${imports.join('\n')}\n${answer}\n`)
}
