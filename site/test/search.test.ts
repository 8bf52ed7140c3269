import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import MiniSearch from 'minisearch'
import { beforeAll, expect, test } from 'vitest'
import { out } from '../build.mjs'
import { searchOptions } from '../search.mjs'
import { buildOnce } from './build-once.ts'

/**
 * A query, the page that must come first (its address on the site without `.html`), and where people asked it.
 * A page that got another name is in `renamed`.
 */
interface Searches {
  readonly renamed: Readonly<Record<string, string>>
  readonly searches: readonly { readonly query: string; readonly page: string; readonly source: string }[]
}

const { renamed, searches } = JSON.parse(readFileSync(new URL('searches.json', import.meta.url), 'utf8')) as Searches

let index: MiniSearch

// Reads the index of the built site with the options that VitePress's search box gives it.
beforeAll(async () => {
  buildOnce()
  const chunks = join(out, 'assets/chunks')
  const [file = ''] = readdirSync(chunks).filter((name) => name.startsWith('@localSearchIndex'))
  const { default: json } = (await import(pathToFileURL(join(chunks, file)).href)) as { readonly default: string }
  const { options, searchOptions: given } = searchOptions.miniSearch
  index = MiniSearch.loadJSON(json, {
    fields: ['title', 'titles', 'text'],
    storeFields: ['title', 'titles'],
    searchOptions: { prefix: true, ...given },
    ...options,
  })
}, 600_000)

function search(query: string): string[] {
  return index.search(query).map(({ id }) => String(id).slice(1))
}

test.each(searches)('"$query" finds $page', ({ query, page }) => {
  const [first = ''] = search(query)
  expect(first.replace(/\.html.*/, '')).toBe(renamed[page] ?? page)
})

test.each(['migrate', 'GET callback', 'status callback', 'rotate token', 'createVerifier', 'replayGuard'])(
  'guides come before decisions and the reference: %s',
  (query) => {
    const guides = search(query).map((page) => !/^(reference|decisions)\/|^(changelog|contributing)\./.test(page))
    expect(guides.slice(0, 5)).toContain(true)
    expect(guides.slice(0, 16)).toEqual(guides.slice(0, 16).sort((one, other) => +other - +one))
  },
)
