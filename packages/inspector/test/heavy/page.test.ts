import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, test, vi } from 'vitest'
import { serve } from '../kit.ts'
import { checkLook, openSend, patience, poll, pollCount, pollText, spoofed, useBrowser } from './browser.ts'

vi.setConfig({ testTimeout: 4 * patience })

const open = useBrowser()

test('an application that refuses a test gets the command that signs with its token', async () => {
  const upstream = await startApp()
  const { page } = await open({}, { publicUrl, upstream })
  const dialog = await openSend(page)
  await dialog.getByLabel('Path').fill('/403')
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  const verdict = page.getByRole('region', { name: 'Verdict' })
  await pollText(verdict).toContain('Your application answered 403')
  await pollText(verdict.locator('.line-to-copy code')).toBe(
    `npx @tollgate/cli dev --upstream ${upstream} --public-url ${publicUrl} --sign-with-real-token`,
  )
  await verdict.getByRole('button', { name: 'Copy the command' }).waitFor()
})

test('a test webhook of any kind is sent from the page and shown with its TwiML and its signing string', async () => {
  const { page, complaints } = await open()
  const dialog = await openSend(page)
  const focused = () =>
    page.evaluate<string>("document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText")
  for (const [number, name] of ['City', 'Zip'].entries()) {
    await dialog.getByRole('button', { name: 'Add a parameter' }).click()
    await poll(focused).toBe(`Name ${number + 1}`)
    await page.keyboard.type(name)
  }
  await dialog.getByRole('button', { name: 'Remove City' }).press('Enter')
  await poll(focused).toBe('Remove Zip')
  await page.keyboard.press('Enter')
  await poll(focused).toBe('Add a parameter')
  await page.keyboard.press('Enter')
  await dialog.getByLabel('Name 1').fill('City')
  await dialog.getByLabel('Value of City').fill('Ulm')

  const labels = () => dialog.locator('.main-fields label').allInnerTexts()
  await poll(labels).toEqual(['Body', 'From', 'To'])
  await dialog.getByLabel('From').fill('+14155550177')
  await dialog.getByLabel('Kind').selectOption('gather.dtmf')
  await poll(labels).toEqual(['From', 'To', 'Digits', 'CallStatus'])
  await poll(() => dialog.getByLabel('Path').inputValue()).toBe('/voice')
  await dialog.getByLabel('Digits', { exact: true }).fill('42')

  await dialog.getByLabel('Path').fill('no slash')
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await dialog.getByRole('alert').getByText('The path must start with "/"').waitFor()
  expect(await dialog.getByLabel('Path').inputValue()).toBe('no slash')
  // Chromium logs every answer with a status of 400 or more.
  await poll(() => complaints.length).toBe(1)
  expect(complaints.splice(0)).toEqual([expect.stringContaining('400 (Bad Request)')])

  await dialog.getByLabel('Path').fill('/voice')
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await pollText(page.locator('.twiml')).toMatch(/Response\s+Say\s+You pressed 42\./)
  await pollText(page.locator('.row')).toContain('+14155550177')
  await page.locator('.pairs').getByText('Ulm', { exact: true }).waitFor()
  const parts = page.locator('.signing .part')
  await poll(() => parts.nth(0).getAttribute('class')).toBe('part url')
  await pollText(parts.nth(1)).toBe('AccountSid')
  const colours = await parts.evaluateAll((all) => all.slice(0, 3).map((one) => getComputedStyle(one).color))
  expect(new Set(colours).size).toBe(3)
  await pollText(page.getByRole('region', { name: 'Verdict' })).toContain('every form parameter')
})

test('edit and re-sign delivers the edited request', async () => {
  const { page, deliver } = await open()
  await deliver({}, spoofed)
  await page.locator('.row.bad').click()
  await page.getByRole('button', { name: 'Edit and re-sign' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Body').fill('edited in the page')
  await dialog.getByLabel('Path and query').fill('/elsewhere?x=1')
  await dialog.getByLabel('Value of NumMedia').fill('7')
  await dialog.getByRole('button', { name: 'Sign and send' }).click()
  await pollText(page.locator('.twiml')).toContain('You said: edited in the page')
  await pollText(page.locator('.row').first()).toMatch(/accepted[\s\S]*re-signed[\s\S]*POST \/elsewhere\?x=1/)
  await pollText(page.locator('tr', { hasText: 'NumMedia' })).toMatch(/7$/)
  await pollText(page.getByRole('region', { name: 'Verdict' })).toContain('Edited, signed and sent by this page')
})

test('the parameters of a GET are edited as such', async () => {
  const { page, run } = await open()
  await (await fetch(`${run.gatewayUrl}/voice?From=%2B14155550100&CallSid=CA1&x=a%20b`)).text()
  await page.locator('.row.bad').click()
  await page.getByRole('button', { name: 'Edit and re-sign' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('From').fill('+14155550199')
  await dialog.getByLabel('Value of x').fill('c d')
  await dialog.getByRole('button', { name: 'Sign and send' }).click()
  await pollText(page.locator('.row').first()).toMatch(
    /\+14155550199[\s\S]*accepted\s+204[\s\S]*GET \/voice\?From=%2B14155550199&CallSid=CA1&x=c\+d/,
  )
})

test('hostile text is shown as text, isolated and cut', async () => {
  const { page, deliver } = await open()
  const bidi = '\u202Egnp.exe\u2066'
  await deliver({ From: bidi, ProfileName: 'x'.repeat(700_000), [`${bidi}name`]: bidi })
  await page.locator('.row').click()
  const table = page.locator('.section', { hasText: 'Parameters' }).locator('.pairs')
  await pollText(table).toContain('name')
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
  await poll(async () => (await table.innerText()).length).toBeGreaterThan(before + 10_000)
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
})

test('a long URL breaks between its parts, and is copied as it is', async () => {
  const viewport = { width: 320, height: 640 }
  const { page, deliver } = await open({ viewport, permissions: ['clipboard-read', 'clipboard-write'] })
  const target = '/webhooks/messaging/incoming?campaign=november&department=support&language=english'
  await deliver({}, { path: target })
  await page.locator('.row').click()
  const title = page.locator('.detail-head h2')
  const lines = await title.locator('.safe').evaluate((element) => {
    const range = document.createRange()
    const found: { top: number; text: string }[] = []
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const { currentNode } = walker
      for (const [at, character] of [...(currentNode.nodeValue ?? '')].entries()) {
        range.setStart(currentNode, at)
        range.setEnd(currentNode, at + 1)
        const { top } = range.getBoundingClientRect()
        const line = found.at(-1)
        if (line?.top === top) line.text += character
        else found.push({ top, text: character })
      }
    }
    return found.map(({ text }) => text)
  })
  expect(lines.join('')).toBe(target)
  expect(lines.length).toBeGreaterThan(2)
  expect(lines.slice(0, -1).filter((line) => !/[/?&]$/.test(line))).toEqual([])
  await title.evaluate((element) => getSelection()?.selectAllChildren(element))
  await page.keyboard.press('Control+c')
  await poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(`POST ${target}`)
})

test('copies go to the clipboard, and exports can be imported again', async () => {
  const { page, deliver } = await open({ permissions: ['clipboard-read', 'clipboard-write'] })
  await deliver({ Body: 'to be exported' })
  await page.locator('.row').click()
  const forms = {
    curl: /^curl .*x-twilio-signature: /s,
    test: /^import assert/,
  }
  for (const [form, expected] of Object.entries(forms)) {
    await page.locator('.actions').getByText('Copy', { exact: true }).click()
    await page.getByRole('menuitem', { name: `Copy as ${form}`, exact: true }).click()
    await page.getByText(`Copied as ${form}.`, { exact: true }).waitFor()
    await poll(() => page.evaluate('navigator.clipboard.readText()')).toMatch(expected)
  }
  for (const [format, imported] of [
    ['JSON', 1],
    ['HAR', 2],
  ] as const) {
    await page.getByText('Captures', { exact: true }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: `Export as ${format}` }).click()
    const path = await (await download).path()
    expect(readFileSync(path, 'utf8')).toContain('to+be+exported')
    await page.getByText('Captures', { exact: true }).click()
    await page.getByRole('menuitem', { name: 'Import requests…' }).click()
    await page.getByLabel('File to import').setInputFiles({
      name: 'captures.json',
      mimeType: 'application/json',
      buffer: readFileSync(path),
    })
    await page.getByText(`${imported} imported.`, { exact: true }).waitFor()
  }
  await pollCount(page.locator('.row .chip', { hasText: 'imported' })).toBe(3)
})

/** Starts an application that answers with the status in the path, such as `/404`. */
const startApp = () =>
  serve((req, res) => {
    req.resume()
    const status = Number(/^\/(\d{3})$/.exec(req.url ?? '')?.[1] ?? 200)
    res.writeHead(status, { 'content-type': 'text/xml' }).end('<Response><Message>Hi</Message></Response>')
  })

const publicUrl = 'https://app.example.com/api'
const sizes = [
  { width: 320, colorScheme: 'light' },
  { width: 1366, colorScheme: 'dark' },
] as const

describe.each(sizes)('$width pixels wide, $colorScheme', ({ width, colorScheme }) => {
  const phone = width < 560
  const size = { viewport: { width, height: phone ? 780 : 768 }, colorScheme, hasTouch: phone }

  const check = (page: Page, name: string) => checkLook(page, name, { width, colorScheme })
  const backToList = async (page: Page) => {
    if (phone) await page.getByRole('button', { name: '← List' }).click()
  }

  test('a test says that this page signed it, with any token, and a spoofed one is explained', async () => {
    const { page } = await open(size, { signWithRealToken: true })
    await check(page, 'empty')
    const dialog = await openSend(page)
    // Body, From and To are in view without scrolling.
    for (const label of ['Body', 'From', 'To'])
      expect(
        await dialog.getByLabel(label, { exact: true }).evaluate((field) => {
          const fields = field.closest('.fields')?.getBoundingClientRect()
          const { top, bottom } = field.getBoundingClientRect()
          return fields !== undefined && top >= fields.top && bottom <= Math.min(fields.bottom, innerHeight)
        }),
        label,
      ).toBe(true)
    await check(page, 'send')
    await dialog.getByRole('button', { name: 'Send', exact: true }).click()
    const verdict = page.getByRole('region', { name: 'Verdict' })
    await pollText(verdict).toMatch(/^A test that this page signed and sent[\s\S]*your Auth Token/)
    expect(await verdict.innerText()).not.toContain('Twilio sent')
    await check(page, 'test')
    await page.getByRole('button', { name: 'Replay', exact: true }).click()
    await pollText(verdict).toMatch(/^A test of this page, sent again/)

    const again = await openSend(page)
    await again.getByLabel(/Spoofed/).check()
    await again.getByRole('button', { name: 'Send', exact: true }).click()
    const diagnosis = page.getByRole('region', { name: 'Diagnosis' })
    await pollText(diagnosis).toMatch(/A spoofed test, refused as it must be[\s\S]*there is nothing to fix/)
    // The search for causes has ended, and the page still names the cause that it knows.
    await page.locator('.searching').waitFor({ state: 'detached' })
    expect(await diagnosis.locator('.line-to-copy').count()).toBe(0)
    await check(page, 'spoofed')
    await backToList(page)
    await pollText(page.locator('.row').first()).toMatch(/refused[\s\S]*spoofed test/)
  })

  test('the verdict and the answer colour a row, and the counts are live', async () => {
    const { page, deliver } = await open(size, { publicUrl, upstream: await startApp() })
    const counts = async () =>
      (await page.locator('.segments button').allInnerTexts()).map((text) => text.match(/\d+/)?.[0])
    await poll(counts).toEqual(['0', '0', '0', '0'])
    for (const [status, tone] of [
      [200, 'good'],
      [403, 'failed'],
      [404, 'failed'],
      [502, 'failed'],
    ] as const) {
      await deliver({ Body: `Hello ${status}` }, { path: `/${status}` })
      await page.locator(`.row.${tone}`, { hasText: `Hello ${status}` }).waitFor()
    }
    await poll(counts).toEqual(['4', '1', '3', '0'])
    await deliver({ Body: 'Free money' }, spoofed)
    await poll(counts).toEqual(['5', '1', '3', '1'])
    const ofRow = (text: string, part: string, property: string) =>
      page
        .locator('.row', { hasText: text })
        .evaluate(
          (row, [selector = '', name = '']) =>
            getComputedStyle(selector === '' ? row : (row.querySelector(selector) ?? row)).getPropertyValue(name),
          [part, property],
        )
    const rows = ['Hello 200', 'Hello 404', 'Free money']
    expect(new Set(await Promise.all(rows.map((row) => ofRow(row, '', 'background-color')))).size).toBe(1)
    for (const [part, property] of [
      ['', 'border-left-color'],
      ['.verdict', 'color'],
    ] as const)
      expect(new Set(await Promise.all(rows.map((row) => ofRow(row, part, property)))).size, property).toBe(3)
    await check(page, 'list')

    // From, To and Body come first, and what happened is in view.
    await pollText(page.locator('.row.bad')).toMatch(
      /^\+14155550142 → \+12025550123\s+Free money\s+refused\s+403 · wrong signature\s[\s\S]*Incoming SMS\s+POST \/sms\s/,
    )
    await pollText(page.locator('.row', { hasText: 'Hello 404' }).locator('.verdict')).toBe('404 · app failed')
    if (!phone) expect((await page.locator('.row.bad').boundingBox())?.height).toBeLessThanOrEqual(45)
    const words = await page.locator('.row.bad .words').boundingBox()
    const more = await page.locator('.row.bad .row-more').boundingBox()
    expect(words?.y).toBeLessThan(more?.y ?? 0)
    expect(words?.width).toBeGreaterThan(60)

    await page.getByLabel('Search the list').fill('hello /40')
    await pollCount(page.locator('.row')).toBe(2)
    await pollText(page.locator('.count')).toMatch(/^2 of 5 shown/)

    await page.locator('.row', { hasText: 'Hello 404' }).click()
    await pollText(page.getByRole('region', { name: 'Verdict' })).toMatch(
      /^Your application answered 404\s+Twilio sent this/,
    )
    await check(page, 'failed')
  })

  test('an address shows its capture after a reload, and back and forward move', async () => {
    const { page, deliver, complaints } = await open(size)
    for (const number of ['1', '2']) await deliver({ Body: `Message ${number}` })
    await pollCount(page.locator('.row')).toBe(2)
    const shown = page.locator('.detail .message')
    await page.locator('.row', { hasText: 'Message 1' }).click()
    await pollText(shown).toContain('Message 1')
    const address = page.url()
    expect(new URL(address).hash).toMatch(/^#capture=[\w-]+$/)
    await page.reload()
    await pollText(shown).toContain('Message 1')
    expect(page.url()).toBe(address)
    await page.locator('.row[aria-current="true"]', { hasText: 'Message 1' }).waitFor({ state: 'attached' })

    await backToList(page)
    await page.locator('.row', { hasText: 'Message 2' }).click()
    await pollText(shown).toContain('Message 2')
    await page.goBack()
    if (phone) await page.goBack()
    await pollText(shown).toContain('Message 1')
    await page.goForward()
    if (phone) {
      // The focus returns to the row of the capture that was open.
      await poll(() => page.evaluate('document.activeElement.textContent')).toContain('Message 1')
      await page.goForward()
    }
    await pollText(shown).toContain('Message 2')

    await page.goto(`${new URL('/', address)}#capture=gone`)
    await page.getByText('This capture no longer exists.').waitFor()
    await check(page, 'gone')
    await page.getByRole('button', { name: 'Back to the list' }).click()
    await page.locator('.row').first().waitFor()
    expect(new URL(page.url()).hash).toBe('')
    // Chromium logs the answer for the capture that is gone.
    await poll(() => complaints.length).toBe(1)
    expect(complaints.splice(0)).toEqual([expect.stringContaining('404 (Not Found)')])
  })

  test("a proven change shows Twilio's text, and marks whole parts of the URLs", async () => {
    const context = { ...size, permissions: ['clipboard-read', 'clipboard-write'] }
    const command = 'npx @tollgate/cli dev --upstream 3000'
    const { page, deliver } = await open(context, { publicUrl: 'http://app.example.com/api', command })
    await deliver({ Body: 'Behind a proxy' }, { signedUrl: 'https://app.example.com/sms' })
    await page.locator('.row.bad').click()
    const diagnosis = page.getByRole('region', { name: 'Diagnosis' })
    await diagnosis.getByText('proven: this makes the signature match').waitFor()
    await poll(() => diagnosis.locator('mark').allInnerTexts()).toEqual(['https://', '/sms', 'http://', '/api/sms'])
    await pollText(diagnosis.locator('.different')).toBe('scheme, path')
    // One option mends both causes, and is shown once.
    await diagnosis.getByText('Why (2)').click()
    await poll(() => diagnosis.locator('.cause-detail code').allInnerTexts()).toEqual(['scheme', 'path_prefix'])
    await poll(() => diagnosis.locator('.line-to-copy code').allInnerTexts()).toEqual([
      `${command} --public-url https://app.example.com`,
      "publicUrl: 'https://app.example.com'",
    ])
    await pollText(diagnosis.locator('.sentence')).toBe(
      'Twilio called https://app.example.com/sms. Your server checked http://app.example.com/api/sms.',
    )
    await pollText(diagnosis).toMatch(/Restart it:[\s\S]*If your application verifies requests itself/)
    // The words of the code would contradict the proof.
    expect(await diagnosis.innerText()).not.toContain('No key makes')
    await diagnosis.getByRole('button', { name: 'Copy the option' }).click()
    await page.getByText('Copied the option.').waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe("publicUrl: 'https://app.example.com'")
    await pollText(page.locator('.which-text')).toContain('Twilio signed this text')
    await pollText(page.locator('.signing .part').first()).toBe('https://app.example.com/sms')
    await pollText(page.locator('.signing')).toContain('BodyBehind a proxy')
    await check(page, 'proven')
    await page.getByRole('button', { name: 'Edit and re-sign' }).click()
    const dialog = page.getByRole('dialog')
    await poll(() => dialog.locator('label, legend').allInnerTexts()).toEqual(
      expect.objectContaining({ 0: 'Body', 1: 'From', 2: 'To' }),
    )
    await poll(() => dialog.getByLabel('Body').inputValue()).toBe('Behind a proxy')
    await check(page, 'edit')
    // A key right after Escape opens the next dialog, which stays open.
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await poll(() => page.locator('dialog').count()).toBe(1)
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  })
})
