import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { serve } from '../kit.ts'
import { launchChromium, patience, visit } from './browser.ts'

// Slow, because it needs Chromium.

vi.setConfig({ testTimeout: 4 * patience })

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium(['--host-resolver-rules=MAP rebound.example 127.0.0.1'])
})
afterAll(() => browser.close())

const markup = [
  '<img src="https://evil.example/x.png" onerror="window.hit=1">',
  '<script>window.hit=1</script>',
  '"><svg/onload=window.hit=1>',
  "' onmouseover='window.hit=1' x='",
  '<iframe srcdoc="<script>top.hit=1</script>"></iframe>',
  'javascript:window.hit=1//',
  '</textarea></title></style><b onclick=window.hit=1>bold</b>',
].join('')

/** A server whose every answer is hostile. */
const startApp = () =>
  serve((_req, res) => {
    res.writeHead(200, markup.replace(/[\r\n]/g, ''), { 'content-type': 'text/html', 'x-a': markup, location: markup })
    res.end(
      `<Response><Say attr="${markup.replaceAll('"', '&quot;')}">${markup.replaceAll('<', '&lt;')}</Say>${markup}</Response>`,
    )
  })

test.each([
  { policy: 'on', bypassCSP: false },
  { policy: 'off', bypassCSP: true },
])(
  'with the Content Security Policy $policy, no text of a webhook, an answer or an import becomes code',
  async ({ bypassCSP }) => {
    const upstream = await startApp()
    const opened = await visit(browser, { bypassCSP }, { upstream, publicUrl: 'https://app.example.com' })
    onTestFinished(() => opened.close())
    const { page, run, requested, deliver, complaints } = opened
    if (bypassCSP) {
      // Without the policy, a script in the page would run.
      await page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), { text: 'window.works=1' }))",
      )
      expect(await page.evaluate('window.works')).toBe(1)
    }

    expect(await deliver({ Body: markup, From: markup, [markup]: markup })).toBe(200)
    await deliver({ Body: markup, [markup]: markup }, { token: 'f'.repeat(32), path: `/${encodeURIComponent(markup)}` })
    const request = {
      ...{ id: markup, kind: markup, scheme: markup, origin: markup, summary: { body: markup }, time: markup },
      ...{ method: 'POST', url: `https://app.example.com/${encodeURI(markup)}?${encodeURIComponent(markup)}` },
      ...{
        verdict: { ok: false, code: markup, message: markup, tried: [markup] },
        explanation: {
          proven: { causes: [{ id: markup, detail: markup, fix: markup }], signedUrl: markup, setting: markup },
          command: markup,
        },
      },
      response: { status: markup, headers: [[markup, markup]], body: markup, by: markup },
      headers: [
        ['content-type', 'application/x-www-form-urlencoded'],
        ['x-a', markup],
        ['x-twilio-signature', markup],
      ],
    }
    const file = {
      captures: [
        { ...request, body: new URLSearchParams([[markup, markup]]).toString() },
        { ...request, headers: [['content-type', 'application/json']], body: JSON.stringify({ [markup]: markup }) },
        { ...request, headers: { 'content-type': 'text/html', 'x-forwarded-host': markup }, body: markup },
        { ...request, body: { [markup]: [markup] } },
        { ...request, method: markup },
        { ...request, url: markup },
        markup,
      ],
    }
    await openImport(page)
    await page.getByLabel('File to import').setInputFiles({
      name: `${markup.replaceAll('/', '')}.json`,
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(file)),
    })
    await page
      .getByText(/4 imported/)
      .first()
      .waitFor()
    await openImport(page)
    await page.getByLabel('File to import').setInputFiles({
      ...{ name: `${markup.replaceAll('/', '')}.http`, mimeType: 'text/plain' },
      buffer: Buffer.from(markup),
    })
    // A dialog that shows a fault stays open. Before it is shown, Escape closes nothing.
    await page.getByRole('dialog').getByRole('alert').waitFor()
    await page.keyboard.press('Escape')
    const rows = page.locator('.row')
    await expect.poll(() => rows.count()).toBe(6)
    for (let row = 0; row < 6; row++) {
      await rows.nth(row).click()
      await page.locator('.detail').waitFor()
      for (const details of await page.locator('details').all())
        await details.evaluate((one) => one.setAttribute('open', ''))
      for (const link of await page.locator('.detail a').all())
        expect(await link.getAttribute('href')).toMatch(/^(\/(?!\/)|#|https:\/\/www\.twilio\.com\/)/)
      // Every element and attribute of the page is its own.
      const foreign =
        'img:not([src^="/"]), script:not([src="/main.js"]):not(:empty), iframe, object, embed, svg[onload], [onerror], [onclick], [onmouseover], b'
      const found = await page.locator(foreign).evaluateAll((all) => all.map((one) => one.outerHTML))
      expect(found.filter((one) => !one.includes('window.works'))).toEqual([])
    }
    await page.getByRole('button', { name: 'Edit and re-sign' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await page.evaluate('window.hit')).toBeUndefined()
    // The policy had nothing to stop. Chromium also logs the import that was refused.
    expect(complaints.filter((one) => !one.includes('400'))).toEqual([])
    const { host } = new URL(run.inspectorUrl)
    expect(requested.filter((url) => new URL(url).host !== host)).toEqual([])
  },
)

test('a page of another origin, of another port or under a name that leads here reads and changes nothing', async () => {
  const { run, page, deliver, close } = await visit(browser)
  onTestFinished(close)
  await deliver({ Body: 'a secret message' })
  await page.locator('.row').waitFor()
  const { origin, port } = new URL(run.inspectorUrl)
  const attacker = await serve((_req, res) =>
    res.writeHead(200, { 'content-type': 'text/html' }).end('<title>x</title>'),
  )
  const other = new URL(attacker).port
  const script = `async (origin) => {
    const ask = (path, init) => fetch(origin + path, init).then(async (one) => [one.type, one.status, await one.text()], () => 'failed')
    const results = []
    for (const mode of ['cors', 'no-cors'])
      for (const credentials of ['include', 'omit'])
        for (const path of ['/', '/api/captures', '/api/info', '/api/export', '/main.js']) results.push(await ask(path, { mode, credentials }))
    const sample = '{"kind":"message.inbound","path":"/voice","from":"+1","to":"+1"}'
    for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
      for (const path of ['/api/send', '/api/calls'])
        results.push(await ask(path, { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': type }, body: sample }))
    results.push(await ask('/api/captures', { method: 'DELETE', credentials: 'include' }))
    const events = await new Promise((resolve) => {
      const source = new EventSource(origin + '/api/events', { withCredentials: true })
      source.onmessage = source.onopen = () => resolve('open')
      source.onerror = () => resolve('failed')
    })
    const script = await new Promise((resolve) => {
      const one = Object.assign(document.createElement('script'), { src: origin + '/api/captures' })
      one.onload = () => resolve('loaded')
      one.onerror = () => resolve('failed')
      document.head.append(one)
    })
    const opened = window.open(origin + '/')
    // A new window has an empty page of this origin until the other one has arrived.
    let title = ''
    for (let round = 0; round < 200 && title === ''; round++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      try { title = opened.document.title } catch { title = 'hidden' }
    }
    return { texts: JSON.stringify(results), events, script, title }
  }`
  // The cookies of 127.0.0.1 go to its every port, so the first page is the most dangerous one.
  for (const host of ['127.0.0.1', 'localhost', 'rebound.example']) {
    const foreign = await page.context().newPage()
    await foreign.goto(`http://${host}:${other}/`)
    const {
      texts,
      events,
      script: loaded,
      title,
    } = await foreign.evaluate<{ texts: string; events: string; script: string; title: string }>(
      `(${script})(${JSON.stringify(origin)})`,
    )
    expect(texts, host).not.toMatch(/secret message|captures|Tollgate/)
    expect([events, loaded, title], host).toEqual(['failed', 'failed', 'hidden'])
    // Neither a frame nor a navigation starts a download.
    const downloads: string[] = []
    foreign.on('download', (download) => downloads.push(download.url()))
    const answerOf = (query: string, script: string) => {
      const answered = foreign.waitForResponse((response) => response.url().endsWith(query))
      return Promise.all([answered, foreign.evaluate(script)]).then(([response]) => response.status())
    }
    const frame = `document.body.append(Object.assign(document.createElement('iframe'), { src: '${origin}/api/export?framed' }))`
    expect(await answerOf('?framed', frame), host).toBe(403)
    expect(await answerOf('?opened', `location.assign('${origin}/api/export?opened')`), host).toBe(403)
    expect(downloads, host).toEqual([])
    await foreign.close()
  }
  // DNS rebinding: the page of the attacker has the port of the inspector.
  const rebound = await page.context().newPage()
  const answer = await rebound.goto(`http://rebound.example:${port}/`)
  expect(answer?.status()).toBe(403)
  expect(await rebound.content()).not.toContain('secret')
  await expect.poll(() => page.locator('.row').count()).toBe(1)
})

async function openImport(page: Page): Promise<void> {
  await page.getByText('Captures', { exact: true }).click()
  await page.getByRole('menuitem', { name: 'Import requests…' }).click()
}
