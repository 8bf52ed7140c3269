import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { out } from '../build.mjs'
import { listPages, listSections, placeOf } from '../pages.mjs'
import { keywords } from '../search.mjs'
import { buildOnce } from './build-once.ts'

// Slow, because it builds the site.

let output: string

beforeAll(() => {
  output = buildOnce()
}, 300_000)

function listHtml(): string[] {
  return readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'))
}

/** Resolves a link of a page to a file in the folder of the site. */
function resolveLink(page: string, href: string): string {
  const [path = ''] = href.split(/[?#]/)
  const target = path.startsWith('/') ? path.slice(1) : join(dirname(page), path)
  const file = path === '' ? page : target
  return existsSync(join(out, file)) && statSync(join(out, file)).isDirectory() ? join(file, 'index.html') : file
}

test('the site builds without warnings', () => {
  expect(output.split('\n').filter((line) => /warn|deprecat|dead link/i.test(line))).toEqual([])
})

test('the site has every page of the repository, and its menu has each once', () => {
  for (const page of listPages()) expect(existsSync(join(out, placeOf(page).replace(/\.md$/, '.html')))).toBe(true)
  const inMenu = listSections().flatMap(({ pages }) => pages)
  expect([...inMenu].sort()).toEqual([...listPages()].sort())
})

test('every internal link leads to a page, and its anchor to a heading', () => {
  const lost: string[] = []
  for (const page of listHtml()) {
    const html = readFileSync(join(out, page), 'utf8')
    for (const [, href = ''] of html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)) {
      if (/^([a-z]+:|\/\/)/i.test(href)) continue
      const file = join(out, resolveLink(page, href))
      const anchor = decodeURIComponent(href.split('#')[1] ?? '')
      // Only a link to a heading needs the text: there are thousands of links.
      const isThere = existsSync(file) && (anchor === '' || readFileSync(file, 'utf8').includes(`id="${anchor}"`))
      if (!isThere) lost.push(`${page}: ${href}`)
    }
  }
  expect(lost).toEqual([])
})

test('the site loads nothing from other hosts', () => {
  const foreign = listHtml().filter((page) =>
    /<(script|link|img)\b[^>]*(src|href)="(https?:)?\/\//.test(readFileSync(join(out, page), 'utf8')),
  )
  expect(foreign).toEqual([])
})

test('keywords belong to pages and headings that exist', () => {
  for (const name of Object.keys(keywords)) {
    const [page = '', anchor] = name.split('#')
    expect(listPages()).toContain(page)
    const html = readFileSync(join(out, placeOf(page).replace(/\.md$/, '.html')), 'utf8')
    if (anchor !== undefined) expect(html).toContain(`id="${anchor}"`)
  }
})

test('the front page links every framework', () => {
  const html = readFileSync(join(out, 'index.html'), 'utf8')
  const frameworks = listPages().filter((page) => page.startsWith('docs/frameworks/'))
  const missing = frameworks.filter((page) => !html.includes(`frameworks/${basename(page, '.md')}.html`))
  expect(missing).toEqual([])
})

test('every page has the mark, in its menu and as its icon', () => {
  expect(existsSync(join(out, 'icon.svg'))).toBe(true)
  const without = listHtml().filter((page) => {
    const html = readFileSync(join(out, page), 'utf8')
    return !html.includes('<link rel="icon"') || !(page === '404.html' || html.includes('src="/icon.svg"'))
  })
  expect(without).toEqual([])
})
