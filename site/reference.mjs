import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application } from 'typedoc'
import { entries } from '../packages/tollgate/entries.js'
import { root } from '../tools/run.mjs'

/**
 * Returns the name of an entry point, from TypeDoc's name for its module.
 * @param {string} module
 */
function nameEntry(module) {
  const found = Object.entries(entries).find(([, source]) => source.replace(/^src\/|(\/index)?\.ts$/g, '') === module)
  const [subpath = ''] = found ?? []
  return subpath === '.' || found === undefined ? module.replace('index', 'tollgate') : `tollgate${subpath.slice(1)}`
}

/**
 * Writes a page for each entry point, from its docstrings.
 * @param {string} out
 */
export async function writeReference(out) {
  const library = join(root, 'packages/tollgate')
  /** @type {Record<string, unknown>} */
  const markdown = {
    outputFileStrategy: 'modules',
    entryFileName: 'index',
    hidePageHeader: true,
    hideBreadcrumbs: true,
  }
  const app = await Application.bootstrapWithPlugins({
    entryPoints: Object.values(entries).map((source) => join(library, source)),
    tsconfig: join(library, 'tsconfig.json'),
    plugin: ['typedoc-plugin-markdown'],
    name: 'Reference',
    readme: 'none',
    disableSources: true,
    logLevel: 'Warn',
    // Some types are used in signatures but not exported. The pages describe them in place.
    validation: { notExported: false, invalidLink: true },
    // `npm run types` finds them.
    skipErrorChecking: true,
    out,
    .../** @type {{}} */ (markdown),
  })
  const project = await app.convert()
  if (project === undefined || app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error('TypeDoc reported warnings or errors.')
  for (const module of project.children ?? []) module.name = nameEntry(module.name)
  await app.generateOutputs(project)
  for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.md')))
    mendAnchors(join(out, name))
}

/**
 * Removes TypeDoc's numbers from anchors. TypeDoc also counts members such as `Cause.id`, but the
 * site counts only headings.
 * @param {string} file
 */
function mendAnchors(file) {
  const page = readFileSync(file, 'utf8')
  const headings = new Set([...page.matchAll(/^#+ (\w+)$/gm)].map(([, name = '']) => name.toLowerCase()))
  const mended = page.replace(/\(#(\w+)-1\)/g, (all, name) => (headings.has(name) ? `(#${name})` : all))
  writeFileSync(file, mended)
}
