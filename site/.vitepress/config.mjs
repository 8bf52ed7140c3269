import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { listSections, placeOf, titleOf } from '../pages.mjs'
import { searchOptions } from '../search.mjs'

const referenceFolder = fileURLToPath(new URL('../.build/src/reference', import.meta.url))

/** @param {string} place */
const linkOf = (place) => `/${place.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`

function listReference() {
  if (!existsSync(referenceFolder)) return []
  const names = readdirSync(referenceFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  )
  return names
    .filter((name) => name !== 'index.md')
    .sort()
    .map((name) => ({ text: name.replace(/(-1)?\.md$/, ''), link: linkOf(`reference/${name}`) }))
}

// The whole site has it, because a visit to the playground may start on another page. No page makes
// a connection, so nothing that is pasted into the playground can leave it. VitePress has inline
// scripts, and makes functions of the search options from text.
const policy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  'worker-src blob:',
  "connect-src 'none'",
  "form-action 'none'",
  "object-src 'none'",
  "base-uri 'none'",
].join('; ')

export default defineConfig({
  head: [
    ['meta', { 'http-equiv': 'Content-Security-Policy', content: policy }],
    ['link', { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }],
  ],
  title: 'Tollgate',
  description: 'Proves that an HTTP request was sent by Twilio.',
  srcDir: '.build/src',
  outDir: '.vitepress/dist',
  cacheDir: '.build/cache',
  cleanUrls: false,
  lastUpdated: false,
  // The playground's script includes the library, the diagnosis and the samples.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  // VitePress checks links here, and a test checks them again in the built pages.
  ignoreDeadLinks: false,
  markdown: {
    // The highlighter does not know the configuration languages of these programs.
    languageAlias: { caddyfile: 'nginx', haproxy: 'ini' },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // Otherwise Vue takes `{{…}}` of Studio's variables for its own, fails, and leaves the page
    // empty.
    config(md) {
      md.core.ruler.push('literal-code', ({ tokens }) => {
        for (const token of tokens.flatMap(({ children }) => children ?? []))
          if (token.type === 'code_inline') token.attrSet('v-pre', '')
      })
    },
  },
  themeConfig: {
    logo: '/icon.svg',
    // Its name must contain its text, which VitePress's own name does not.
    notFound: { linkLabel: 'Take me home' },
    search: { provider: 'local', options: searchOptions },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: linkOf('overview.md') },
      { text: 'Why does it fail?', link: linkOf('why-does-validation-fail.md') },
      { text: 'Playground', link: '/playground' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar: [
      ...listSections().map(({ title, pages }) => ({
        text: title,
        collapsed: pages.length > 12,
        items: pages.map((page) => ({ text: titleOf(page), link: linkOf(placeOf(page)) })),
      })),
      { text: 'Try', items: [{ text: 'Playground', link: '/playground' }] },
      {
        text: 'Reference',
        collapsed: true,
        items: [{ text: 'All entry points', link: '/reference/' }, ...listReference()],
      },
    ],
  },
})
