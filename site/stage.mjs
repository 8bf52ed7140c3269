import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { root } from '../tools/run.mjs'
import { listPages, ownPages, placeOf } from './pages.mjs'

const link = /(!?)\[((?:[^\]\\]|\\.)*)\]\(([^)\s]+)\)/g

/**
 * Rewrites a page for the site. Links lead to pages of the site. Links to other files, such as
 * sources and examples, become plain file names.
 * @param {string} page
 */
function rewritePage(page) {
  const text = readFileSync(join(root, page), 'utf8')
  const parts = text.split(/^(```[\s\S]*?^```)$/m)
  const rewritten = parts.map((part, index) => (index % 2 === 1 ? part : rewriteLinks(part, page))).join('')
  return rewritten.replace(/^<!-- from .* -->\n/gm, '')
}

/** @param {string} text @param {string} page */
function rewriteLinks(text, page) {
  return text.replace(link, (all, image, label, href) => {
    if (/^([a-z]+:|#|\/)/.test(href)) return all
    if (image !== '') {
      const picture = posix.normalize(posix.join(dirname(page), href)).replace(/^docs\//, '')
      return `![${label}](./${posix.relative(dirname(placeOf(page)), picture)})`
    }
    const [path = '', anchor] = href.split('#')
    const target = posix.normalize(posix.join(dirname(page), path))
    if (!existsSync(join(root, target))) throw new Error(`${page} links to ${href}, which does not exist.`)
    if (![...listPages(), ...ownPages].includes(target)) return `${label} (\`${target.replace(/\/$/, '')}\`)`
    const place = posix.relative(dirname(placeOf(page)), placeOf(target))
    return `[${label}](./${place}${anchor === undefined ? '' : `#${anchor}`})`
  })
}

/** Writes all pages into a folder that VitePress reads. @param {string} out */
export function stagePages(out) {
  rmSync(out, { recursive: true, force: true })
  for (const page of [...listPages(), ...ownPages]) {
    const file = join(out, placeOf(page))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, rewritePage(page))
  }
  cpSync(join(root, 'docs/pictures'), join(out, 'pictures'), { recursive: true })
}
