// Heavy: it starts Chromium. `node tools/pictures.mjs` runs it for the pictures of every state. It fails if a
// picture in docs/pictures shows another text than the page.
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startDev } from '../../src/index.ts'
import { serve } from '../kit.ts'
import { authToken, checkLook, openSend, patience, poll, pollText, spoofed, useBrowser } from './browser.ts'

vi.setConfig({ testTimeout: 6 * patience })

const open = useBrowser()
const publicUrl = 'https://api.example.com/twilio'

/** An application that answers with the status in the path, in JSON below /json, and late at /slow. */
const startApp = () =>
  serve((req, res) => {
    req.resume()
    const status = Number(/\/(\d{3})$/.exec(req.url ?? '')?.[1] ?? 200)
    const type = req.url?.includes('json') ? 'application/json' : 'text/xml'
    const answer = () =>
      res.writeHead(status, { 'content-type': type }).end('<Response><Message>Hi</Message></Response>')
    if (req.url?.includes('slow')) setTimeout(answer, 60_000).unref()
    else answer()
  })

/** Opens a row by its text, from the list. */
async function openRow(page: Page, text: string): Promise<void> {
  // To load the page again for each row takes as long as to look at it.
  if (new URL(page.url()).hash !== '') await page.goBack()
  await page.locator('.row', { hasText: text }).first().click()
  await page.locator('.detail-head').waitFor()
}

const looks = [1366, 768, 390].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
)

/** Other ways to see the page: chosen colours, a small window, and 400 % zoom of 1,280 pixels. */
const others = [
  { name: 'forced', width: 1366, media: { forcedColors: 'active' } },
  { name: 'small', width: 320, height: 640 },
  { name: 'zoom', width: 320, height: 256 },
] as const

test.each(
  others.flatMap((one) => (['light', 'dark'] as const).map((colorScheme) => ({ height: 768, ...one, colorScheme }))),
)('$name, $colorScheme', async ({ name, width, height, colorScheme, ...rest }) => {
  const context = { viewport: { width, height }, colorScheme, hasTouch: width < 560 }
  const { page, deliver } = await open(context, { publicUrl, upstream: await startApp() })
  if ('media' in rest) await page.emulateMedia(rest.media)
  const check = (state: string) => checkLook(page, `other-${name}-${state}`, { width, colorScheme })
  await check('empty')
  await deliver({ Body: 'Where is my order?' })
  await deliver({ Body: 'The application fails' }, { path: '/500' })
  await deliver({ Body: 'A prefix is lost' }, { path: '/sms', signedUrl: 'http://api.example.com/sms' })
  await deliver({ Body: 'left \u202Eright' }, spoofed)
  await page.locator('.row').nth(3).waitFor()
  await check('list')
  for (const text of ['A prefix is lost', 'left', 'The application fails']) {
    await openRow(page, text)
    await page.locator('.searching').waitFor({ state: 'detached' })
    await check(text.replaceAll(' ', '-').toLowerCase())
  }
  if (name !== 'zoom') return
  // The page scrolls, and no part of it does.
  await page.locator('.pairs').last().scrollIntoViewIfNeeded()
  expect(await page.evaluate('document.scrollingElement.scrollTop')).toBeGreaterThan(0)
})

describe.each(looks)('$width pixels wide, $colorScheme', (look) => {
  const size = { viewport: { width: look.width, height: look.width < 560 ? 844 : 768 }, colorScheme: look.colorScheme }
  const context = { ...size, hasTouch: look.width < 560 }

  test('every state', async () => {
    const { page, run, deliver, complaints } = await open(context, { publicUrl, upstream: await startApp() })
    const check = (name: string) => checkLook(page, `state-${name}`, look)
    const home = new URL('/', run.inspectorUrl).href

    // Loading, and empty.
    await page.route('**/api/events', () => {})
    await page.reload()
    await page.locator('.nothing', { hasText: 'Loading…' }).waitFor()
    await page.locator('.welcome', { hasText: /^Loading$/ }).waitFor({ state: 'attached' })
    // No count and no sentence claims that nothing has arrived.
    expect(await page.locator('.segments').innerText()).not.toMatch(/\d/)
    await check('loading')
    await page.unroute('**/api/events')
    await page.goto(home)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('heading', { name: 'Let Twilio in' }).waitFor()
    await check('empty')
    await (await openSend(page)).waitFor()
    await check('dialog-send')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await check('dialog-keys')
    await page.keyboard.press('Escape')

    // A list with everything in it.
    await deliver({ Body: 'Where is my order?' })
    await deliver({ Body: 'An answer in JSON' }, { path: '/json' })
    await deliver({ Body: 'The application fails' }, { path: '/500' })
    await deliver({ Body: 'A prefix is lost' }, { path: '/sms', signedUrl: 'http://api.example.com/sms' })
    await deliver({ Body: 'An unknown token signed this' }, spoofed)
    await deliver({
      Body: 'שלום, ההזמנה שלך מספר 4711 מוכנה לאיסוף בחנות שברחוב הראשי. נשמח לראותך! 👨‍👩‍👧‍👦',
      From: '+972555550100',
    })
    await deliver({ Body: 'می‌خواهم کتاب‌ها را ببینم \u202Egnp.exe' })
    await deliver(
      { Body: 'word '.repeat(400), From: 'whatsapp:+14155550142' },
      { path: `/sms/${'a-long-path/'.repeat(40)}` },
    )
    const binary = Buffer.from([0xff, 0xfe, 0, 1, 2, 0x80])
    await (
      await fetch(`${run.gatewayUrl}/upload?bodySHA256=${'0'.repeat(64)}`, {
        method: 'POST',
        body: binary,
        headers: { 'content-type': 'image/png', 'x-twilio-signature': `${'A'.repeat(27)}=` },
      })
    ).text()
    await (await fetch(`${run.gatewayUrl}/sms`, { method: 'POST', body: 'Body=x' })).text()
    await page.locator('.row', { hasText: 'unsigned' }).waitFor()
    // Causes of rows in view are searched one after the other.
    for (const label of ['not from Twilio?', 'body reserialized?', 'http or https'])
      await page.locator('.row.bad', { hasText: `403 · ${label}` }).waitFor()
    // The row of an answer that Twilio could not use says so before it is opened.
    await pollText(page.locator('.row.failed', { hasText: 'An answer in JSON' })).toContain('Twilio would report 12300')
    await check('list')

    await openRow(page, 'Where is my order?')
    await check('accepted')
    await openRow(page, 'An answer in JSON')
    await page.getByText('Twilio would report 12300: the content type is application/json.').waitFor()
    await pollText(page.locator('.title .chip.failed')).toContain('Twilio would report 12300')
    await check('reported')
    await openRow(page, 'The application fails')
    await check('failed')
    await openRow(page, 'A prefix is lost')
    await page.getByText('proven: this makes the signature match').waitFor()
    await check('refused-proven')
    await page.getByRole('button', { name: 'Edit and re-sign' }).click()
    await page.getByRole('dialog', { name: 'Edit and re-sign' }).waitFor()
    await check('dialog-edit')
    await page.keyboard.press('Escape')
    await openRow(page, 'An unknown token')
    await page.getByRole('heading', { name: 'One question' }).waitFor()
    await page.getByRole('button', { name: 'Copy the command' }).last().waitFor()
    await check('refused-unproven')
    await openRow(page, 'שלום')
    await check('right-to-left')
    await openRow(page, 'می')
    await pollText(page.locator('.message')).toContain('U+202E')
    await check('persian')
    await openRow(page, 'word word')
    await check('long')
    await openRow(page, '/upload')
    await page.locator('.searching').waitFor({ state: 'detached' })
    await page.getByText('Base64, because it is not UTF-8').click()
    await page.locator('pre', { hasText: '//4AAQKA' }).scrollIntoViewIfNeeded()
    await check('binary')
    await openRow(page, 'unsigned')
    await page.locator('.searching').waitFor({ state: 'detached' })
    await check('unsigned')

    // Searching, sending, and what was refused by the browser.
    await page.route('**/api/captures/*', async (route) => {
      const view = await (await route.fetch()).json()
      await route.fulfill({ json: { ...view, explanation: undefined, searching: true } })
    })
    await openRow(page, 'An unknown token')
    await page.getByText('Searching for the cause…').waitFor()
    await check('searching')
    await page.unroute('**/api/captures/*')
    await openRow(page, 'Where is my order?')
    await page.route('**/replay', () => {})
    await page.getByRole('button', { name: 'Replay', exact: true }).click()
    await page.getByText('Replaying…').waitFor()
    await check('replaying')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cancelled. The request may have arrived.').waitFor()
    await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))")
    await page.locator('.actions').getByText('Copy', { exact: true }).click()
    await check('menu')
    await page.getByRole('menuitem', { name: 'Copy as curl' }).click()
    await page.getByRole('dialog', { name: 'Copy it yourself' }).waitFor()
    await poll(() =>
      page.evaluate(
        'getSelection().toString() || document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)',
      ),
    ).toContain('curl ')
    await check('dialog-copy')
    await page.keyboard.press('Escape')
    await page.goto(home)
    await page.getByText('Captures', { exact: true }).click()
    await page.getByRole('menuitem', { name: 'Import requests…' }).click()
    await page.getByRole('dialog', { name: 'Import requests' }).waitFor()
    await check('dialog-import')
    await page.keyboard.press('Escape')
    await page.getByText('Captures', { exact: true }).click()
    await page.getByRole('menuitem', { name: 'Clear the list…' }).click()
    await page.getByRole('heading', { name: 'Delete all 10?' }).waitFor()
    await check('dialog-clear')
    await page.keyboard.press('Escape')

    // The end.
    await run.close()
    await page.getByText('The inspector does not answer. This list').waitFor()
    await check('offline')
    const next = await startDev({ listen: { port: 0 }, inspectorPort: Number(new URL(home).port), authToken })
    onTestFinished(() => next.close())
    await page.getByText('This run has ended. Open').waitFor()
    await check('ended')
    // Chromium logs each request that failed.
    expect(complaints.splice(0).filter((one) => !/ERR_|401/.test(one))).toEqual([])
  })
})
