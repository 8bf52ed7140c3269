import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { launchChromium, screenshots, type Visit, visit } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

async function open(
  ...options: Parameters<typeof visit> extends [Browser, ...infer Rest] ? Rest : never
): Promise<Visit> {
  const opened = await visit(browser, ...options)
  onTestFinished(async () => {
    await opened.close()
    // Holds for every test in this file.
    expect(opened.complaints).toEqual([])
    const { host } = new URL(opened.run.inspectorUrl)
    expect(opened.requested.filter((url) => new URL(url).host !== host)).toEqual([])
  })
  return opened
}

test('the token leaves the address bar, and no script can read the cookie', async () => {
  const { page, run } = await open()
  expect(page.url()).toBe(new URL('/', run.inspectorUrl).href)
  expect(await page.evaluate('document.cookie')).toBe('')
})

test('a genuine and a spoofed webhook appear live, and the diagnosis names the cause', async () => {
  const { page, deliver } = await open()
  expect(await page.locator('.row').count()).toBe(0)
  expect(await deliver()).toBe(200)
  await page.locator('.row.good').waitFor()
  expect(await deliver({}, { token: 'f'.repeat(32) })).toBe(403)
  const row = page.locator('.row.bad')
  await row.waitFor()
  expect(await row.innerText()).toMatch(
    /message\.inbound[\s\S]*signature_mismatch[\s\S]*403[\s\S]*\+14155550142[\s\S]*→[\s\S]*\+12025550123/,
  )

  await row.click()
  const diagnosis = page.getByRole('region', { name: 'Diagnosis' })
  await diagnosis.getByText('token_of_other_account').waitFor()
  const text = await diagnosis.innerText()
  expect(text.indexOf('Auth Token of the account')).toBeLessThan(text.indexOf('token_of_other_account'))
  expect(text).toContain('likely, not proven')
})

test("a proxy's change is proven, with the fix first and the difference marked", async () => {
  const { page, deliver } = await open({}, { publicUrl: 'http://app.example.com/api' })
  await deliver({}, { signedUrl: 'https://app.example.com/api/sms' })
  await page.locator('.row.bad').click()
  const diagnosis = page.getByRole('region', { name: 'Diagnosis' })
  await diagnosis.getByText('proven: this makes the signature match').waitFor()
  expect(await diagnosis.locator('.fix').innerText()).toContain('publicUrl')
  expect(await diagnosis.locator('.setting code').innerText()).toBe("publicUrl: 'https://app.example.com/api'")
  await diagnosis.getByRole('button', { name: 'Copy the option' }).click()
  await page.getByText('Copied the option.').waitFor()
  expect(await diagnosis.locator('.cause-detail code').innerText()).toBe('scheme')
  expect(await diagnosis.locator('mark').allInnerTexts()).toEqual(['s'])
})

test('a test webhook is sent from the page and shown with its TwiML and its signing string', async () => {
  const { page } = await open()
  await page.locator('.top').getByRole('button', { name: 'Send a test webhook' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Add a parameter' }).click()
  await dialog.getByLabel('Name 1').fill('Body')
  await dialog.getByLabel('Value of Body').fill('Hello & <good> bye')
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await page.locator('.twiml').waitFor()
  expect(await page.locator('.twiml').innerText()).toMatch(/Response\s+Message\s+You said: Hello & <good> bye/)
  const parts = page.locator('.signing .part')
  expect(await parts.nth(0).getAttribute('class')).toBe('part url')
  expect(await parts.nth(1).innerText()).toBe('AccountSid')
  const colours = await parts.evaluateAll((all) => all.slice(0, 3).map((one) => getComputedStyle(one).color))
  expect(new Set(colours).size).toBe(3)
  expect(await page.getByRole('region', { name: 'Verdict' }).innerText()).toContain('every form parameter')
})

test('every kind can be sent, and a spoofed one is refused', async () => {
  const { page } = await open()
  await page.locator('.top').getByRole('button', { name: 'Send a test webhook' }).click()
  const dialog = page.getByRole('dialog')
  // The page asks the server for the kinds, which can answer after the dialog opens.
  await dialog.locator('option').nth(30).waitFor({ state: 'attached' })
  await dialog.getByLabel('Kind').selectOption('call.inbound')
  expect(await dialog.getByLabel('Path').inputValue()).toBe('/voice')
  await dialog.getByLabel(/Spoofed/).check()
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByRole('region', { name: 'Diagnosis' }).waitFor()
  expect(await page.locator('.row.bad .chip').first().innerText()).toBe('test')
})

test('edit and re-sign delivers the edited request', async () => {
  const { page, deliver } = await open()
  await deliver({}, { token: 'f'.repeat(32) })
  await page.locator('.row.bad').click()
  await page.getByRole('button', { name: 'Edit and re-sign' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Value of Body').fill('edited in the page')
  await dialog.getByLabel('Path and query').fill('/elsewhere?x=1')
  await dialog.getByRole('button', { name: 'Sign and send' }).click()
  await page.locator('.twiml').waitFor()
  expect(await page.locator('.twiml').innerText()).toContain('You said: edited in the page')
  expect(await page.locator('.row').first().innerText()).toMatch(/re-signed[\s\S]*accepted[\s\S]*POST \/elsewhere\?x=1/)
})

test('wrong input in the dialog shows a message and stays in the form', async () => {
  const { page, complaints } = await open()
  await page.locator('.top').getByRole('button', { name: 'Send a test webhook' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Path').fill('no slash')
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await dialog.getByRole('alert').getByText('The path must start with "/"').waitFor()
  expect(await dialog.getByLabel('Path').inputValue()).toBe('no slash')
  // Chromium logs every answer with a status of 400 or more.
  expect(complaints.splice(0)).toEqual([expect.stringContaining('400 (Bad Request)')])
})

test('replay delivers the request again', async () => {
  const { page, deliver } = await open()
  await deliver()
  await page.locator('.row').click()
  await page.getByRole('button', { name: 'Replay' }).click()
  await page.locator('.row .chip', { hasText: 'replay' }).waitFor()
  expect(await page.locator('.row.good').count()).toBe(2)
})

test('filters and search narrow the list', async () => {
  const { page, deliver } = await open()
  await deliver({ From: '+14155550111' })
  await deliver({ From: '+14155550122' })
  await deliver({ From: '+14155550133' }, { token: 'f'.repeat(32) })
  const rows = page.locator('.row')
  await rows.nth(2).waitFor()
  const count = async (number: number) => expect.poll(() => rows.count()).toBe(number)
  await page.getByRole('button', { name: 'Refused' }).click()
  await count(1)
  await page.getByRole('button', { name: 'Accepted' }).click()
  await count(2)
  await page.keyboard.press('/')
  await page.keyboard.type('550122')
  await count(1)
  expect(await rows.innerText()).toContain('+14155550122')
  await page.getByRole('button', { name: 'Show all' }).click()
  await count(3)
  await page.getByLabel('Code').selectOption('signature_mismatch')
  await count(1)
  await page.getByLabel('Kind').selectOption('message.inbound')
  await page.getByLabel('Search the list').fill('nothing like it')
  await page.getByText('No webhook matches these filters.').waitFor()
})

test('hostile text is shown as text, isolated and cut', async () => {
  const { page, deliver } = await open()
  const markup = `<img src="https://evil.example/x.png" onerror="window.hit=1"><script>window.hit=1</script><b>bold</b>`
  const bidi = '\u202Egnp.exe\u2066'
  await deliver({
    Body: `${markup}${'&lt;'.repeat(3)}`,
    From: bidi,
    ProfileName: 'x'.repeat(700_000),
    [`${markup}name`]: bidi,
  })
  await page.locator('.row').click()
  const table = page.locator('.section', { hasText: 'Parameters' }).locator('.pairs')
  await table.waitFor()
  expect(await table.innerText()).toContain(markup)
  expect(await page.locator('.detail img, .detail script, .detail b, .row img, .row script').count()).toBe(0)
  expect(await page.evaluate('window.hit')).toBeUndefined()
  expect(await table.locator('.hidden-char').allInnerTexts()).toEqual(expect.arrayContaining(['U+202E', 'U+2066']))
  expect(await page.locator('body').innerText()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
  expect(
    await table
      .locator('bdi')
      .first()
      .evaluate((one) => getComputedStyle(one).unicodeBidi),
  ).toBe('isolate')

  const before = (await table.innerText()).length
  expect(before).toBeLessThan(20_000)
  await table.getByRole('button', { name: /^Show more \(699,000 characters left\)/ }).click()
  expect((await table.innerText()).length).toBeGreaterThan(before + 10_000)
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
})

test('the keyboard alone reaches and opens the list, and the focus is visible', async () => {
  const { page, deliver } = await open()
  for (const number of ['1', '2', '3']) await deliver({ From: `+1415555010${number}` })
  await page.locator('.row').nth(2).waitFor()
  const focused = () => page.evaluate<string>('document.activeElement.innerText || document.activeElement.id')
  const onRow = () => page.evaluate<boolean>("document.activeElement.matches('.row')")
  for (let step = 0; step < 20 && !(await onRow()); step++) {
    await page.keyboard.press('Tab')
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
    expect(outline, await focused()).not.toBe('none')
  }
  expect(await focused()).toContain('+14155550103')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  expect(await focused()).toContain('+14155550101')
  await page.keyboard.press('Enter')
  await page.locator('.section', { hasText: 'Parameters' }).getByText('+14155550101').first().waitFor()
  await page.keyboard.press('Shift+Tab')
  expect(await onRow()).toBe(false)

  const button = page.locator('.top').getByRole('button', { name: 'Send a test webhook' })
  await button.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  expect(await focused()).toContain('Send a test webhook')
})

test('copies go to the clipboard, and exports can be imported again', async () => {
  const { page, deliver } = await open({ permissions: ['clipboard-read', 'clipboard-write'] })
  await deliver({ Body: 'to be exported' })
  await page.locator('.row').click()
  const forms = { curl: /^curl .*x-twilio-signature: /s, test: /^import assert/, fixture: /^\{\n {2}"method": "POST"/ }
  for (const [form, expected] of Object.entries(forms)) {
    await page.getByRole('button', { name: form, exact: true }).click()
    await page.getByText(/^Copied as/).waitFor()
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toMatch(expected)
  }
  for (const format of ['JSON', 'HAR']) {
    await page.getByText('Captures', { exact: true }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: `Export as ${format}` }).click()
    const path = await (await download).path()
    expect(readFileSync(path, 'utf8')).toContain('to+be+exported')
    await page.getByLabel('File to import').setInputFiles({
      name: 'captures.json',
      mimeType: 'application/json',
      buffer: readFileSync(path),
    })
    await page.getByText(/^\d imported\.$/).waitFor()
    await page.getByText('Captures', { exact: true }).click()
  }
  await expect.poll(() => page.locator('.row .chip', { hasText: 'imported' }).count()).toBeGreaterThanOrEqual(2)
})

test('the theme follows the system until the user chooses one, and the choice is kept', async () => {
  const { page } = await open({ colorScheme: 'dark' })
  const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const dark = await ground()
  await page.getByRole('button', { name: 'Theme: auto' }).click()
  const light = await ground()
  expect(light).not.toBe(dark)
  await page.reload()
  expect(await page.getByRole('button', { name: 'Theme: light' }).count()).toBe(1)
  expect(await ground()).toBe(light)
  await page.getByRole('button', { name: 'Theme: light' }).click()
  expect(await ground()).toBe(dark)
})

test('the page shows that the inspector has stopped', async () => {
  const { page, run, complaints } = await open()
  await run.close()
  await page.getByText('Connection lost').waitFor()
  await page.close()
  complaints.length = 0
})

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

describe.each([360, 820, 1440])('%i pixels wide', (width) => {
  test.each(['light', 'dark'] as const)(
    'in %s nothing overflows and axe finds nothing serious',
    async (colorScheme) => {
      const size = { viewport: { width, height: width < 500 ? 780 : 900 }, colorScheme }
      const { page, deliver } = await open(size, { publicUrl: 'http://app.example.com/api' })
      const shoot = async (name: string) => {
        await page.evaluate('document.fonts.ready')
        await page.screenshot({ path: join(screenshots, `${name}-${width}-${colorScheme}.png`) })
        expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(width)
        await page.evaluate(axe)
        const found = await page.evaluate<Violation[]>('axe.run().then((result) => result.violations)')
        const serious = found.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        expect(
          serious.map(({ id, nodes }) => [id, nodes[0]?.html, nodes[0]?.failureSummary]),
          name,
        ).toEqual([])
      }
      await shoot('empty')
      await deliver({ Body: 'Grüße ☕ and a \u202Ehidden\u202C turn' })
      await deliver({}, { token: 'f'.repeat(32) })
      await deliver({}, { signedUrl: 'https://app.example.com/api/sms' })
      await page.locator('.row').nth(2).waitFor()
      await shoot('list')

      await page.locator('.row.good').click()
      await page.locator('.twiml').waitFor()
      await shoot('accepted')
      await page.getByRole('button', { name: 'Edit and re-sign' }).click()
      await page.getByRole('dialog').waitFor()
      await shoot('edit')
      await page.keyboard.press('Escape')

      if (width < 860) await page.getByRole('button', { name: '← List' }).click()
      await page.locator('.row.bad').first().click()
      await page.locator('.detail mark').first().waitFor()
      await shoot('refused')
    },
  )
})
