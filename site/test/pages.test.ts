import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { diagnose } from 'tollgate/diagnose'
import { sampleSendGridEvents, signRequest, signSendGridRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { root } from '../../tools/run.mjs'
import { out } from '../build.mjs'
import { listPages, placeOf } from '../pages.mjs'
import { checkLook, looks, openSite, type Site } from './browser.ts'

const token = '0123456789abcdef0123456789abcdef'
const params = { From: '+15005550006', To: '+15005550001', Body: 'hello there', MessageSid: `SM${'0'.repeat(32)}` }
// A machine that runs other tests too may be five times slower.
vi.setConfig({ testTimeout: 180_000 })
let site: Site

beforeAll(async () => {
  site = await openSite()
}, 900_000)

afterAll(() => site?.close())

test('every page has its headings, and braces as they are written', () => {
  const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0
  for (const page of listPages()) {
    const source = readFileSync(join(root, page), 'utf8')
    const text = source.replace(/^```[\s\S]*?^```$/gm, '')
    const html = readFileSync(join(out, placeOf(page).replace(/md$/, 'html')), 'utf8')
    expect({ page, headings: count(html, /<h[1-6] id=/g) }).toEqual({ page, headings: count(text, /^#{1,6} /gm) })
    for (const [variable] of text.matchAll(/\{\{[\w.]+\}\}/g)) expect(html).toContain(variable)
  }
})

for (const look of looks)
  test(`the front page and a guide at ${look.width} pixels, ${look.theme}`, async () => {
    const { page, complaints } = await site.visit('/', look)
    await page.locator('.VPHero .image-src:visible').waitFor()
    await checkLook(page, 'home', look)
    await page.getByRole('link', { name: 'Express', exact: true }).click()
    await page.getByRole('heading', { name: 'Express', level: 1 }).waitFor()
    expect(await page.locator('.vp-doc .lang').count()).toBeGreaterThan(0)
    await checkLook(page, 'guide', look)
    await page.goto(site.origin)
    await page.getByRole('link', { name: 'Try it in the playground' }).first().click()
    await page.getByRole('button', { name: 'Verify' }).waitFor()
    expect(complaints).toEqual([])
  })

test('no sample is cut off or has to be scrolled at 390 and 1,366 pixels', async () => {
  const { page } = await site.visit('/', { theme: 'light', width: 390 })
  // The layout needs no script, and scripts take most of the time.
  await page.route('**/*.js', (route) => route.abort())
  const places = ['index.md', ...listPages().map(placeOf)].map((place) => place.replace(/md$/, 'html'))
  const withSamples = places.filter((place) => readFileSync(join(out, place), 'utf8').includes('<pre'))
  expect(withSamples.length).toBeGreaterThan(50)
  const cut: string[] = []
  for (const place of withSamples) {
    await page.goto(`${site.origin}/${place}`, { waitUntil: 'domcontentloaded' })
    for (const width of [390, 1366]) {
      await page.setViewportSize({ width, height: 900 })
      const wide = await page
        .locator('.vp-doc pre')
        .evaluateAll((blocks) => blocks.filter((block) => block.scrollWidth > block.clientWidth).length)
      if (wide > 0) cut.push(`${place} at ${width} pixels: ${wide}`)
    }
  }
  expect(cut).toEqual([])
})

/** Each kind of page that no other test looks at. */
const kinds = {
  reference: '/reference/tollgate.html',
  code: '/codes/signature_mismatch.html',
  table: '/options.html',
  causes: '/why-does-validation-fail.html',
  missing: '/404.html',
}

test.each(looks)('every kind of page at $width pixels, $theme', async (look) => {
  const { page, complaints } = await site.visit('/', look)
  for (const [name, path] of Object.entries(kinds)) {
    await page.goto(site.origin + path)
    await page.locator('h1').first().waitFor()
    await checkLook(page, name, look)
  }
  await page.getByRole('button', { name: 'Search' }).click()
  await page.locator('.search-input').fill('nextjs')
  await page.locator('a.result[href^="/frameworks/next.html"]').first().waitFor()
  await checkLook(page, 'search', look)
  expect(complaints).toEqual([])
})

async function verify(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Verify' }).click()
}

async function readClipboard(page: Page): Promise<unknown> {
  return page.evaluate('navigator.clipboard.readText()')
}

test('a genuine curl command is accepted, and its values are hidden until they are shown', async () => {
  const { page, complaints } = await site.visit('/playground.html')
  const signed = signRequest({ url: 'https://app.example.com/sms?Digits=12345', params, authToken: token })
  await page.getByLabel('A curl command').fill(signed.toCurl())
  await page.getByLabel('Auth Token').fill(token)
  await verify(page)
  await page.getByRole('heading', { name: 'Genuine' }).waitFor()
  const signing = page.locator('.signing')
  const hidden = ['A curl command', 'URL that the server saw', 'Body, unchanged', 'X-Twilio-Signature']
  const readMasks = (): Promise<string[]> =>
    Promise.all(
      hidden.map((label) =>
        page.getByLabel(label).evaluate((field) => getComputedStyle(field).getPropertyValue('-webkit-text-security')),
      ),
    )
  expect(await readMasks()).toEqual(hidden.map(() => 'disc'))
  expect(await page.getByLabel('Auth Token').getAttribute('type')).toBe('password')
  expect(await signing.textContent()).toContain('https://app.example.com/sms?Digits=‹5 characters›Body‹11 characters›')

  await page.getByRole('switch', { name: 'Show values' }).check()
  await signing.getByText('hello there').waitFor()
  expect(await signing.textContent()).toBe(
    `https://app.example.com/sms?Digits=12345Bodyhello thereFrom+15005550006MessageSid${params.MessageSid}To+15005550001`,
  )
  expect(await readMasks()).toEqual(hidden.map(() => 'none'))
  expect(await page.getByLabel('Auth Token').getAttribute('type')).toBe('text')
  expect(complaints).toEqual([])
})

test('a request behind a proxy gets the option to copy, and nothing leaves the page', async () => {
  const { page, requests, complaints } = await site.visit('/playground.html')
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Show a request that fails' }).click()
  await page.getByRole('heading', { name: 'Refused: signature_mismatch' }).waitFor()
  expect((await page.locator('.causes code').allTextContents()).sort()).toEqual(['path_prefix', 'scheme'])
  expect(await page.locator('.result').textContent()).not.toMatch(/docs\/codes|No key makes/)
  expect(await page.locator('.examined > p').first().textContent()).toMatch(
    /^The signature matches with the change below/,
  )
  expect(await page.locator('.setting code').textContent()).toBe("publicUrl: 'https://app.example.com/api'")
  await page.getByRole('button', { name: 'Copy the option' }).click()
  await page.getByRole('button', { name: 'Copy the option' }).getByText('Copied').waitFor()
  expect(await readClipboard(page)).toBe("publicUrl: 'https://app.example.com/api'")
  // VitePress prefetches pages of the site, and the search is a worker that the page made itself.
  // These requests carry no data.
  const isOwn = (url: string): boolean => url.startsWith(site.origin) || url.startsWith(`blob:${site.origin}`)
  expect(requests.filter(({ url }) => !isOwn(url) || new URL(url).search !== '')).toEqual([])
  expect(requests.every(({ method }) => method === 'GET')).toBe(true)
  await page.getByRole('link', { name: 'path_prefix' }).click()
  await page.waitForURL('**/why-does-validation-fail.html#path_prefix')
  await page.locator('#path_prefix').waitFor({ state: 'attached' })
  expect(complaints).toEqual([])
})

test('the page cannot connect to anything, however it was reached', async () => {
  const { page } = await site.visit('/')
  await page.getByRole('link', { name: 'Try it in the playground' }).first().click()
  await page.getByRole('button', { name: 'Verify' }).waitFor()
  for (const attempt of [
    "fetch('/x?secret').then(() => 'sent', () => 'refused')",
    "new Promise((done) => { const socket = new WebSocket('ws://127.0.0.1:9'); document.addEventListener('securitypolicyviolation', () => done('refused')); socket.onopen = () => done('sent') })",
    'new Promise((done) => { const worker = new Worker(URL.createObjectURL(new Blob([\'fetch("\' + location.origin + \'/x").then(() => postMessage("sent"), () => postMessage("refused"))\']))); worker.onmessage = ({ data }) => done(data) })',
  ])
    expect(await page.evaluate(attempt), attempt).toBe('refused')
})

test('an edit after a result asks to verify again, and the page says a word without JavaScript', async () => {
  const { page } = await site.visit('/playground.html')
  await page.getByRole('button', { name: 'Show a request that fails' }).click()
  await page.locator('.setting').waitFor()
  expect(await page.locator('.old').count()).toBe(0)
  await page.getByLabel('Method').selectOption('GET')
  await page.getByText('Changed since: verify again.').waitFor()
  await verify(page)
  await page.locator('.old').waitFor({ state: 'detached' })
  const form = await page.locator('form.playground').boundingBox()
  const result = await page.locator('.result').boundingBox()
  expect(result?.x).toBeGreaterThan((form?.x ?? 0) + (form?.width ?? 0))
  expect(readFileSync(join(out, 'playground.html'), 'utf8')).toMatch(
    /<noscript>[\s\S]*needs JavaScript[\s\S]*<\/noscript>/,
  )
})

test('where nothing is proven, the page shows what the diagnosis says', async () => {
  const { page, complaints } = await site.visit('/playground.html')
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const account = { AccountSid: `AC${'0'.repeat(32)}` }
  const signed = signRequest({
    url: 'https://app.example.com/sms',
    params: { ...account, ...params },
    authToken: token,
  })
  const other = 'f'.repeat(32)
  await page.getByLabel('A curl command').fill(signed.toCurl())
  await page.getByLabel('Auth Token').fill(other)
  await verify(page)
  await page.locator('.command').waitFor()
  const { question, tried } = await diagnose(
    {
      method: 'POST',
      url: '/sms',
      headers: { host: 'app.example.com', ...signed.headers },
      body: signed.body ?? '',
    },
    { publicUrl: 'https://app.example.com', authToken: other },
  )
  const text = (await page.locator('.examined').textContent()) ?? ''
  expect(text).toContain(`Nothing is proven after ${tried} tries`)
  expect(text).toContain(question?.checkedUrl ?? '?')
  await page.getByRole('button', { name: 'Copy the command' }).click()
  await page.getByRole('button', { name: 'Copy the command' }).getByText('Copied').waitFor()
  expect(await readClipboard(page)).toBe(question?.commands[0])
  expect(complaints).toEqual([])
})

test('a malformed command and a missing token are reported, and each code links to its page', async () => {
  const { page } = await site.visit('/playground.html')
  const signed = signRequest({ url: 'https://app.example.com/sms', params, authToken: token })
  await page.getByLabel('A curl command').fill('curl --nope')
  await page.getByRole('alert').waitFor()
  await page.getByLabel('A curl command').fill(signed.toCurl())
  await verify(page)
  await page.getByText('Enter an Auth Token or the secret of a SharedKey.').waitFor()
  await page.getByLabel('Auth Token').fill(token)
  for (const [signature, code] of [
    ['', 'signature_missing'],
    ['abc', 'signature_malformed'],
    [`${'A'.repeat(27)}=`, 'signature_mismatch'],
  ] as const) {
    await page.getByLabel('X-Twilio-Signature').fill(signature)
    await verify(page)
    const link = page.getByRole('link', { name: `More about ${code}` })
    const about = new URL((await link.getAttribute('href')) ?? '', page.url())
    expect(await (await page.request.get(about.href)).text()).toContain(`<title>${code} | Tollgate<`)
  }
})

test('a curl command of SendGrid is accepted, and a changed body is explained', async () => {
  const { page, complaints } = await site.visit('/playground.html')
  const signed = await signSendGridRequest({ events: sampleSendGridEvents(['delivered', 'open']) })
  const headers = Object.entries(signed.headers).map(([name, value]) => `-H '${name}: ${value}'`)
  const body = new TextDecoder().decode(signed.body)
  await page.getByLabel('A curl command').fill(`curl '${signed.url}' ${headers.join(' ')} --data-binary '${body}'`)
  await verify(page)
  await page.getByText('Enter the public key of the webhook.').waitFor()
  await page.getByLabel('Public key of the webhook').fill(signed.publicKey)
  await verify(page)
  await page.getByRole('heading', { name: 'Genuine' }).waitFor()
  await page.getByLabel('Body, unchanged').fill(JSON.stringify(JSON.parse(body)))
  await verify(page)
  await page.getByRole('heading', { name: 'Refused: signature_mismatch' }).waitFor()
  expect(await page.locator('.causes code').allTextContents()).toEqual(['body_reserialized'])
  await page.getByLabel('Public key of the webhook').fill('SG.abc')
  await verify(page)
  await page.getByText('"publicKey" is an API key').waitFor()
  expect(complaints).toEqual([])
})

for (const look of looks)
  test(`the playground at ${look.width} pixels, ${look.theme}`, async () => {
    const { page } = await site.visit('/playground.html', look)
    await page.getByRole('button', { name: 'Show a request that fails' }).click()
    await page.locator('.setting').waitFor()
    await checkLook(page, 'playground-proven', look)
    await page.getByLabel('Auth Token').fill('f'.repeat(32))
    await verify(page)
    await page.locator('.command').waitFor()
    await page.getByRole('switch', { name: 'Show values' }).check()
    await checkLook(page, 'playground-unproven', look)
    await page.getByLabel('SendGrid').check()
    await page.getByRole('button', { name: 'Show a request that fails' }).click()
    await page.getByText('body_reserialized').waitFor()
    await checkLook(page, 'playground-sendgrid', look)
  })
