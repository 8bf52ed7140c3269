import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findChromium } from '../../tools/services/chromium.mjs'
import { buildSite, out } from '../build.mjs'

const screenshots = fileURLToPath(new URL('../../node_modules/.cache/tollgate/screenshots/', import.meta.url))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
}
const token = '0123456789abcdef0123456789abcdef'
let server: Server
let browser: Browser
let origin: string

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true })
  expect(await buildSite()).toBe(0)
  server = createServer((req, res) => {
    const path = decodeURIComponent(new URL(req.url ?? '/', 'http://x').pathname)
    const file = join(out, path.endsWith('/') ? `${path}index.html` : path)
    const found = existsSync(file) && statSync(file).isFile()
    res.writeHead(found ? 200 : 404, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
    if (found) createReadStream(file).pipe(res)
    else res.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await chromium.launch({ executablePath: await findChromium(), args })
}, 600_000)

afterAll(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
})

interface Visit {
  readonly page: Page
  readonly requested: string[]
  readonly methods: string[]
  readonly complaints: string[]
}

async function visit(colorScheme: 'light' | 'dark' = 'light', width = 1280): Promise<Visit> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  const requested: string[] = []
  const methods: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => {
    requested.push(request.url())
    methods.push(request.method())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${origin}/playground.html`)
  await page.getByRole('button', { name: 'Verify' }).waitFor()
  await page.waitForLoadState('networkidle')
  return { page, requested, methods, complaints }
}

const params = { From: '+15005550006', To: '+15005550001', Body: 'hello there', MessageSid: `SM${'0'.repeat(32)}` }

test('a genuine curl command is accepted', async () => {
  const { page, complaints } = await visit()
  const signed = signRequest({ url: 'https://app.example.com/sms?x=1', params, authToken: token })
  await page.getByLabel('A curl command').fill(signed.toCurl())
  await page.getByLabel('Auth Token').fill(token)
  await page.getByRole('button', { name: 'Verify' }).click()
  await page.getByRole('heading', { name: 'Genuine' }).waitFor()
  expect(await page.locator('.signing .from-url').first().textContent()).toContain('https://app.example.com/sms?x=1')
  expect(complaints).toEqual([])
})

test('a request behind a proxy is refused with its causes, and nothing leaves the page', async () => {
  const { page, requested, methods, complaints } = await visit()
  await page.getByRole('button', { name: 'Show a request that fails' }).click()
  await page.getByRole('heading', { name: 'Refused: signature_mismatch' }).waitFor()
  const about = (await page.getByRole('link', { name: 'More about this code' }).getAttribute('href')) ?? ''
  expect((await page.request.get(new URL(about, page.url()).href)).status()).toBe(200)
  const causes = await page.locator('.causes code').allTextContents()
  expect(causes.sort()).toEqual(['path_prefix', 'scheme'])
  expect(await page.locator('.setting code').textContent()).toBe("publicUrl: 'https://app.example.com/api'")
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy the option' }).click()
  await page.getByRole('button', { name: 'Copy the option' }).getByText('Copied').waitFor()
  // VitePress prefetches pages of the site. These requests carry no data.
  expect(requested.every((url) => url.startsWith(origin) && new URL(url).search === '')).toBe(true)
  expect(methods.every((method) => method === 'GET')).toBe(true)
  expect(complaints).toEqual([])
})

test('reports another token, a malformed command and a missing token', async () => {
  const { page } = await visit()
  const signed = signRequest({ url: 'https://app.example.com/sms', params, authToken: token })
  await page.getByLabel('A curl command').fill('curl --nope')
  await page.getByRole('alert').waitFor()
  await page.getByLabel('A curl command').fill(signed.toCurl())
  await page.getByRole('button', { name: 'Verify' }).click()
  await page.getByText('Enter an Auth Token or the secret of a SharedKey.').waitFor()
  await page.getByLabel('Auth Token').fill('f'.repeat(32))
  await page.getByRole('button', { name: 'Verify' }).click()
  await page.getByRole('heading', { name: 'Refused: signature_mismatch' }).waitFor()
})

for (const theme of ['light', 'dark'] as const)
  for (const width of [360, 1280])
    test(`the page works at ${width} pixels, ${theme}`, async () => {
      const { page } = await visit(theme, width)
      await page.getByRole('button', { name: 'Show a request that fails' }).click()
      await page.getByRole('heading', { name: 'Refused: signature_mismatch' }).waitFor()
      await page.screenshot({ path: join(screenshots, `playground-${width}-${theme}.png`), fullPage: true })
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      expect(overflow).toBeLessThanOrEqual(0)
      await page.evaluate(axe)
      const found = (await page.evaluate(`axe.run('.vp-doc')`)) as { violations: { id: string; impact: string }[] }
      const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      expect(serious.map(({ id }) => id)).toEqual([])
    })
