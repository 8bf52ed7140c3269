import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { makeChromiumOptions } from '../../tools/services/chromium.mjs'
import { out } from '../build.mjs'
import { buildOnce } from './build-once.ts'

const screenshots = fileURLToPath(new URL('../../node_modules/.cache/tollgate/screenshots/', import.meta.url))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

interface Look {
  readonly theme: 'light' | 'dark'
  readonly width: number
}

/** Each theme once, at the widths of a phone and a laptop. */
export const looks: readonly Look[] = [
  { theme: 'light', width: 390 },
  { theme: 'dark', width: 1366 },
]

interface Visit {
  readonly page: Page
  readonly requests: { readonly url: string; readonly method: string }[]
  /** Errors of the page's scripts. */
  readonly complaints: string[]
}

export interface Site {
  readonly origin: string
  /** Opens a page of the site until the test ends, and waits until its scripts run. */
  visit(path: string, look?: Look): Promise<Visit>
  close(): Promise<void>
}

/** Builds the site, serves it and starts one browser. */
export async function openSite(): Promise<Site> {
  mkdirSync(screenshots, { recursive: true })
  buildOnce()
  const server = createServer((req, res) => {
    const path = decodeURIComponent(new URL(req.url ?? '/', 'http://x').pathname)
    const file = join(out, path.endsWith('/') ? `${path}index.html` : path)
    const found = existsSync(file) && statSync(file).isFile()
    res.writeHead(found ? 200 : 404, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
    if (found) createReadStream(file).pipe(res)
    else res.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const browser = await chromium.launch(makeChromiumOptions())
  return {
    origin,
    async visit(path, { theme, width } = { theme: 'light', width: 1366 }) {
      const context = await browser.newContext({ colorScheme: theme, viewport: { width, height: 900 } })
      onTestFinished(() => context.close())
      context.setDefaultTimeout(60_000)
      const page = await context.newPage()
      const requests: Visit['requests'] = []
      const complaints: string[] = []
      page.on('request', (request) => void requests.push({ url: request.url(), method: request.method() }))
      page.on('pageerror', (error) => void complaints.push(error.message))
      await page.goto(origin + path)
      // Vue sets the property when its listeners are in place.
      const isReady = () => page.evaluate("document.querySelector('#app')?.__vue_app__ !== undefined")
      await expect.poll(isReady, { timeout: 60_000 }).toBe(true)
      return { page, requests, complaints }
    },
    async close() {
      await browser.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Checks that nothing overflows and axe passes, and takes a screenshot of a page that fails. */
export async function checkLook(page: Page, name: string, { theme, width }: Look): Promise<void> {
  // Axe reads the colours of the moment.
  await page.evaluate(`Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
    .map(({ finished }) => finished))`)
  try {
    await examine(page)
  } catch (error) {
    await page.screenshot({ path: join(screenshots, `site-${name}-${width}-${theme}.png`), fullPage: true })
    throw error
  }
}

async function examine(page: Page): Promise<void> {
  expect(
    await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
  ).toBeLessThanOrEqual(0)
  // It stays until the page loads another document.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe)
  // Both exceptions are VitePress's own: docs/decisions/0053-two-findings-of-axe-are-of-vitepress.md.
  // It nests a button in the headings of its menu. The names of its search button and of the links
  // that a search finds do not contain all that they show. Only violations are read, so axe need not
  // describe every element that passes.
  const run = `axe.run(document, { rules: { 'nested-interactive': { enabled: false } },
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id === 'label-content-name-mismatch' &&
        document.querySelector(target.at(-1))?.closest('.DocSearch, .VPLocalSearchBox') ? '' : id + ': ' + target)))`
  const found = (await page.evaluate(run)) as string[]
  expect(found.filter((one) => one !== '')).toEqual([])
}
