import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

/**
 * The packages whose code is inside a published package, by its name. npm does not install them, so
 * the SBOMs name them, and each file that holds their code begins with their licences.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const contained = { tollgate: ['@noble/hashes'], '@tollgate/gateway': ['zod'] }

/**
 * Makes a plugin of tsdown that writes the name, the version and the licence of each contained
 * package at the top of the files with its code or its types. The licences ask for that.
 * @param {string} name the published package
 */
export function nameAuthors(name) {
  return {
    name: 'name-authors',
    /** @param {string} code @param {{ moduleIds: readonly string[] }} chunk */
    renderChunk(code, { moduleIds }) {
      const found = contained[name]?.filter((one) => moduleIds.some((id) => id.includes(`/node_modules/${one}/`))) ?? []
      return found.length === 0 ? undefined : `/*\n${found.map(describe).join('\n\n')}\n*/\n${code}`
    },
  }
}

/** @param {string} name */
function describe(name) {
  const folder = join(root, 'node_modules', name)
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return `Contains ${name} ${version}.\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}`
}
