import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { root } from '../tools/run.mjs'
import { listPages, ownPages, placeOf } from './pages.mjs'

const link = /(!?)\[((?:[^\]\\]|\\.)*)\]\(([^)\s]+)\)/g

/**
 * Rewrites a page for the site. Links lead to pages of the site. Links to other files, such as
 * sources and tests, lead to a copy of the file on the site.
 * @param {string} page
 * @param {(file: string) => string} publish copies a file, and returns its address
 */
function rewritePage(page, publish) {
  const text = readFileSync(join(root, page), 'utf8')
  const parts = text.split(/^(```[\s\S]*?^```)$/m)
  const rewritten = parts.map((part, index) => (index % 2 === 1 ? part : rewriteLinks(part, page, publish))).join('')
  return rewritten.replace(/^<!-- from .* -->\n/gm, '').replace(/"docs\/images\//g, '"/images/')
}

/** @param {string} text @param {string} page @param {(file: string) => string} publish */
function rewriteLinks(text, page, publish) {
  return text.replace(link, (all, image, label, href) => {
    if (/^([a-z]+:|#|\/)/.test(href)) return all
    if (image !== '') {
      const picture = posix.normalize(posix.join(dirname(page), href)).replace(/^docs\//, '')
      return `![${label}](./${posix.relative(dirname(placeOf(page)), picture)})`
    }
    const [path = '', anchor] = href.split('#')
    const target = posix.normalize(posix.join(dirname(page), path)).replace(/\/$/, '')
    if (!existsSync(join(root, target))) throw new Error(`${page} links to ${href}, which does not exist.`)
    if (![...listPages(), ...ownPages].includes(target)) return `<a href="${publish(target)}">${writeHtml(label)}</a>`
    const place = posix.relative(dirname(placeOf(page)), placeOf(target))
    return `[${label}](./${place}${anchor === undefined ? '' : `#${anchor}`})`
  })
}

/** A label may have code in it. @param {string} label */
function writeHtml(label) {
  return label.replaceAll('<', '&lt;').replace(/`([^`]*)`/g, '<code v-pre>$1</code>')
}

/**
 * Copies a file of the repository, so that a browser shows it as text. Of a folder, it makes the
 * list of its files.
 * @param {string} target @param {string} out the folder of public files
 * @returns {string} the address on the site
 */
function publishFile(target, out) {
  const address = `/files/${target}.txt`
  const file = join(out, address)
  if (existsSync(file)) return address
  mkdirSync(dirname(file), { recursive: true })
  const source = join(root, target)
  if (statSync(source).isDirectory()) writeFileSync(file, `${listFolder(source).join('\n')}\n`)
  else cpSync(source, file)
  return address
}

/** @param {string} folder */
function listFolder(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => !/(^|\/)(node_modules|dist)(\/|$)/.test(name)).sort()
}

/** Writes all pages into a folder that VitePress reads. @param {string} out */
export function stagePages(out) {
  rmSync(out, { recursive: true, force: true })
  const files = join(out, 'public')
  cpSync(join(root, 'docs/images'), join(files, 'images'), { recursive: true })
  // The mark of the inspector's page.
  cpSync(join(root, 'packages/inspector/static/icon.svg'), join(files, 'icon.svg'))
  for (const name of ['openapi.json', 'kinds'])
    cpSync(join(root, 'packages/schemas/dist', name), join(files, 'schemas', name), { recursive: true })
  for (const page of [...listPages(), ...ownPages]) {
    const file = join(out, placeOf(page))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(
      file,
      rewritePage(page, (target) => publishFile(target, files)),
    )
  }
  cpSync(join(root, 'docs/pictures'), join(out, 'pictures'), { recursive: true })
}
