// Heavy: it starts Chromium, and sends thousands of webhooks.
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startDev } from '../../src/index.ts'
import { serve } from '../kit.ts'
import { authToken, openSend, patience, poll, pollCount, pollText, spoofed, useBrowser } from './browser.ts'

vi.setConfig({ testTimeout: 4 * patience })

const open = useBrowser()
const focusedRow = (page: Page) => page.evaluate<string>("document.activeElement.closest('.row')?.innerText ?? ''")

test('eight tabs are live, open a webhook and send', async () => {
  const { page, run, deliver } = await open()
  const others = await Promise.all(Array.from({ length: 7 }, () => page.context().newPage()))
  const address = new URL('/', run.inspectorUrl).href
  for (const other of others) await other.goto(address)
  await deliver({ Body: 'for every tab' })
  for (const tab of [page, ...others]) {
    await tab.getByText('Live', { exact: true }).waitFor()
    await tab.locator('.row', { hasText: 'for every tab' }).click()
    await tab.locator('.detail .message', { hasText: 'for every tab' }).waitFor()
  }
  const [eighth] = others.slice(-1) as [Page]
  const dialog = await openSend(eighth)
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await pollText(eighth.getByRole('region', { name: 'Verdict' })).toContain('A test that this page signed and sent')
  // The pointer is in the list of the others.
  for (const tab of [page, ...others.slice(0, -1)]) await tab.getByRole('button', { name: '1 new ↑' }).click()
  for (const tab of [page, ...others]) await pollCount(tab.locator('.row')).toBe(2)

  // The tab that reads the events closes: another one takes over.
  await page.close()
  await deliver({ Body: 'after the first tab' })
  for (const tab of others.slice(0, -1)) await tab.getByRole('button', { name: '1 new ↑' }).click()
  for (const tab of others) await tab.locator('.row', { hasText: 'after the first tab' }).waitFor()
})

test('after a restart, the page says that the run has ended, and a new address revives it', async () => {
  const { page, run, deliver, complaints } = await open()
  await deliver({ Body: 'of the first run' })
  await page.locator('.row').waitFor()
  await run.close()
  await page.getByText(/^Reconnecting in \d s$/).waitFor()
  const inspectorPort = Number(new URL(run.inspectorUrl).port)
  const next = await startDev({ listen: { port: 0 }, inspectorPort, authToken })
  onTestFinished(() => next.close())
  await page.getByText('This run has ended. Open the new address from your terminal.').waitFor()
  await page.getByRole('heading', { name: 'This run has ended' }).waitFor()
  expect(await page.getByRole('button', { name: 'Send a test webhook' }).isDisabled()).toBe(true)
  await poll(() => page.locator('.captures').evaluate((list) => getComputedStyle(list).filter)).toBe('grayscale(1)')
  // A link to a file would leave the refusal to the browser.
  const address = page.url()
  await page.getByText('Captures', { exact: true }).click()
  await page.getByRole('menuitem', { name: 'Export as JSON' }).click()
  await pollText(page.locator('.toast.failed')).toContain('This run has ended. Open the new address')
  expect(page.url()).toBe(address)

  const other = await page.context().newPage()
  await other.goto(next.inspectorUrl)
  for (const tab of [other, page]) {
    await tab.getByText('Live', { exact: true }).waitFor()
    await tab.getByText('No webhook has arrived yet.').waitFor()
    expect(await tab.getByRole('alert').allInnerTexts()).toEqual([''])
  }
  // Chromium logs each request that failed.
  expect(complaints.splice(0).filter((one) => !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|401/.test(one))).toEqual([])
})

test('2,000 webhooks arrive while a row is open: no row moves, and the keys work', async () => {
  const { page, deliver } = await open()
  for (const number of ['1', '2', '3']) await deliver({ Body: `row ${number}` })
  const chosen = page.locator('.row', { hasText: 'row 2' })
  await chosen.click()
  const before = await chosen.boundingBox()
  for (let sent = 0; sent < 2_000; sent += 50)
    await Promise.all(Array.from({ length: 50 }, (_, index) => deliver({ Body: `flood ${sent + index}` })))
  await page.getByRole('button', { name: /^(99\d|1,000) new ↑$/ }).waitFor()
  expect(await chosen.boundingBox()).toEqual(before)
  expect(await focusedRow(page)).toContain('row 2')
  await poll(() => page.title()).toMatch(/^\(\d+\) Tollgate – POST \/sms accepted$/)

  await page.getByRole('button', { name: /new ↑$/ }).click()
  await poll(() => focusedRow(page)).toContain('flood 1999')
  // The store has dropped the open webhook long ago. Its row stays, below the others.
  await page.keyboard.press('End')
  await poll(() => focusedRow(page)).toContain('row 2')
  await page.keyboard.press('Home')
  await poll(() => focusedRow(page)).toContain('flood 1999')
  await page.keyboard.press('ArrowDown')
  await poll(() => focusedRow(page)).toContain('flood 1998')
})

test('a link opens a webhook whose row is far down, and shows the row', async () => {
  const { page, deliver } = await open()
  await deliver({ Body: 'the oldest' })
  await page.locator('.row').click()
  await page.waitForURL(/#capture=/)
  for (let sent = 0; sent < 250; sent += 50)
    await Promise.all(Array.from({ length: 50 }, () => deliver({ Body: 'newer' })))
  await page.reload()
  const row = page.locator('.apart .row[aria-current="true"]', { hasText: 'the oldest' })
  await row.waitFor()
  await poll(() => row.evaluate((one) => one.getBoundingClientRect().bottom <= innerHeight)).toBe(true)
})

test('a search shows what it finds, also while the pointer holds the list', async () => {
  const { page, deliver } = await open()
  await deliver({ Body: 'the first' })
  await page.locator('.row').hover()
  await deliver({ Body: 'waits behind the button' })
  await page.getByRole('button', { name: '1 new ↑' }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('waits')
  await pollText(page.locator('.row')).toContain('waits behind the button')
  // In a field, `?` is a character.
  await page.keyboard.type('?')
  expect(await page.getByRole('dialog').count()).toBe(0)
  // The list is gone from under the pointer, which no event reports.
  await page.getByLabel('Search the list').fill('comes later')
  await page.getByText('No webhook matches these filters.').waitFor()
  await deliver({ Body: 'it comes later' })
  await pollText(page.locator('.count')).toContain('1 of 3 shown')
  await pollText(page.locator('.row')).toContain('it comes later')
})

test('refusals are announced once, together', async () => {
  const { page, deliver } = await open()
  const announced = page.getByRole('status', { name: 'Refusals' })
  await deliver({}, spoofed)
  await pollText(announced).toBe('POST /sms refused')
  await Promise.all(Array.from({ length: 20 }, () => deliver({}, spoofed)))
  await pollText(announced).toMatch(/^\d+ webhooks refused$/)
})

test.each(['../info', 'a/../../info', '.', '%2e%2e/info'])('an address names nothing but a capture: %s', async (id) => {
  const { page, run, requested } = await open()
  await page.goto(`${new URL('/', run.inspectorUrl)}#capture=${id}`)
  await page.reload()
  await page.getByText('The address does not name a webhook.').waitFor()
  await page.getByRole('heading', { name: 'Waiting for the first webhook' }).waitFor()
  expect(requested.filter((url) => /\/api\/captures\//.test(url))).toEqual([])
})

test('a part that cannot be drawn leaves the rest of the page alive', async () => {
  const { page, deliver, complaints } = await open()
  await deliver({ Body: 'half broken' })
  await page.route('**/api/captures/*', async (route) => {
    const view = await (await route.fetch()).json()
    await route.fulfill({ json: { ...view, params: null } })
  })
  await page.locator('.row').click()
  await page.getByText('The parameters cannot be shown.').waitFor()
  await page.locator('.detail .message', { hasText: 'half broken' }).waitFor()
  await page.locator('.twiml').waitFor()
  expect(complaints.splice(0)).toEqual([expect.stringContaining('null')])
})

/** True if the element with the focus has an outline. Behind the last element, the page itself has the focus. */
const isSeen = `document.activeElement === document.body ||
  getComputedStyle(document.activeElement).outlineStyle !== 'none'`

/** Uses the page with the keyboard alone. */
function useKeyboard(page: Page) {
  const focused = () =>
    page.evaluate<string>("document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText")
  const press = (...keys: string[]) =>
    keys.reduce((last, key) => last.then(() => page.keyboard.press(key)), Promise.resolve())
  /** Presses a key until the focus is on a control with this name. */
  const tabTo = async (name: string | RegExp, key = 'Tab') => {
    for (let step = 0; step < 60; step++) {
      if ((await focused()).match(name)) return
      await press(key)
      expect(await page.evaluate(isSeen), await focused()).toBe(true)
    }
    throw new Error(`The focus never reached ${name}`)
  }
  return { focused, press, tabTo }
}

test('from the empty page to a resent request, by keyboard alone', async () => {
  const { page } = await open()
  const { focused, press, tabTo } = useKeyboard(page)
  await page.getByRole('heading', { name: 'Waiting for the first webhook' }).waitFor()
  await tabTo(/^Send a test webhook$/)
  await press('Enter')
  await page.getByRole('dialog').locator('option').nth(30).waitFor({ state: 'attached' })
  await tabTo(/^Send$/)
  await press('Enter')
  await page.locator('.detail .message').waitFor()
  await poll(() => page.locator('dialog').count()).toBe(0)

  await tabTo(/^Replay$/)
  await press('Enter')
  await page.locator('.row .chip', { hasText: 'replay' }).waitFor()
  // The focus stays: the key sends once more.
  await poll(() => page.locator('.facts-line .chip').innerText()).toBe('replay')
  await poll(focused).toBe('Replay')
  await press('Enter')
  await pollCount(page.locator('.row')).toBe(3)

  // The menu folds with Escape and gives the focus back.
  await tabTo(/^Copy/)
  await press('Enter')
  await page.getByRole('menu', { name: 'Copy' }).getByRole('menuitem', { name: 'Copy as curl' }).waitFor()
  await press('ArrowDown')
  await poll(focused).toMatch(/^Copy as /)
  await press('Escape')
  await poll(() => page.locator('.actions details[open]').count()).toBe(0)
  await poll(focused).toBe('Copy')

  await tabTo(/^Edit and re-sign$/, 'Shift+Tab')
  await press('Enter')
  await page.getByRole('dialog').waitFor()
  await poll(() => page.evaluate("document.activeElement.closest('label')?.innerText")).toBe('Body')
  await tabTo(/^Sign and send$/)
  await press('Enter')
  await page.locator('.row .chip', { hasText: 're-signed' }).waitFor()
  await pollCount(page.locator('.row')).toBe(4)
  await poll(focused).toBe('Edit and re-sign')
})

test('by keyboard alone: a filter, an import, a whole call and the deletion, and the focus is never lost', async () => {
  const { page, deliver } = await open()
  const { focused, press, tabTo } = useKeyboard(page)
  await deliver({ Body: 'genuine' })
  await deliver({ Body: 'spoofed' }, spoofed)
  await pollCount(page.locator('.row')).toBe(2)
  await tabTo(/^Refused/)
  await press('Enter')
  await pollCount(page.locator('.row')).toBe(1)
  await tabTo(/^Show all$/)
  await press('Enter')
  // The button has gone.
  await pollCount(page.locator('.row')).toBe(2)
  await poll(focused).toMatch(/^All/)

  await tabTo(/^\+14155550142/)
  await press('ArrowDown', 'Enter')
  await page.locator('.detail .message', { hasText: 'genuine' }).waitFor()
  await tabTo(/^Captures/, 'Shift+Tab')
  await press('Enter')
  await tabTo(/^Import requests/)
  await press('Enter')
  await page.getByRole('dialog', { name: 'Import requests' }).waitFor()
  await page.keyboard.type("curl https://app.example.com/typed -d 'Body=typed'")
  await tabTo(/^Import$/)
  await press('Enter')
  await pollCount(page.locator('.row')).toBe(3)
  await pollCount(page.locator('dialog')).toBe(0)
  await poll(focused).toMatch(/^Captures/)

  await tabTo(/^Send a test webhook$/)
  await press('Enter')
  await page.getByRole('dialog').locator('option').nth(30).waitFor({ state: 'attached' })
  await tabTo(/^Place a call$/, 'Shift+Tab')
  await press('Enter')
  await page.getByRole('dialog', { name: 'Place a call' }).waitFor()
  await press('Enter')
  await page.getByText('The call waits for you.').waitFor()
  await poll(focused).toBe('1')
  await press('5')
  await page.getByText('The call is over.').waitFor()
  // The keypad has gone.
  await poll(focused).toBe('What is heard')
  await tabTo(/^Close$/)
  await press('Enter')
  await pollCount(page.locator('dialog')).toBe(0)
  await poll(focused).toMatch(/^Send a test webhook$/)

  await tabTo(/^Captures/, 'Shift+Tab')
  await press('Enter')
  await tabTo(/^Clear the list/)
  await press('Enter')
  await page.getByRole('dialog').waitFor()
  // Enter alone deletes nothing.
  await poll(focused).toBe('Cancel')
  await tabTo(/^Delete/)
  await press('Enter')
  await pollCount(page.locator('.row')).toBe(0)
  await poll(focused).toMatch(/^Captures/)
})

test('a request that takes long is sent once, can be cancelled, and does not take the page over', async () => {
  let arrived = 0
  let aborted = 0
  const answers: (() => void)[] = []
  const upstream = await serve((req, res) => {
    arrived++
    req.resume()
    res.on('close', () => {
      if (!res.writableEnded) aborted++
    })
    answers.push(() => res.writeHead(200, { 'content-type': 'text/xml' }).end('<Response/>'))
  })
  const { page, deliver } = await open({}, { upstream })
  const first = deliver({ Body: 'the first' })
  const second = deliver({ Body: 'the second' })
  await poll(() => answers.length).toBe(2)
  for (const answer of answers.splice(0)) answer()
  await Promise.all([first, second])

  await page.locator('.row', { hasText: 'the first' }).click()
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  const busy = page.getByRole('button', { name: 'Replaying…' })
  await busy.click({ force: true })
  await busy.click({ force: true })
  await poll(() => arrived).toBe(3)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('Cancelled. The request may have arrived.').waitFor()
  await poll(() => aborted).toBe(1)
  answers.length = 0

  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await poll(() => answers.length).toBe(1)
  await page.locator('.row', { hasText: 'the second' }).click()
  for (const answer of answers.splice(0)) answer()
  await page.getByText('Sent again: the answer was 200.').waitFor()
  await pollText(page.locator('.detail .message')).toContain('the second')
  await page.getByRole('button', { name: 'Show it' }).click()
  await page.locator('.facts-line .chip', { hasText: 'replay' }).waitFor()
  await page.getByText('Twilio signed this, and this page sent it again').waitFor()
  // The message has done its work, and the focus is not lost with it.
  await pollCount(page.locator('.toast')).toBe(0)
  expect(await page.evaluate('document.activeElement.innerText')).toBe('Replay')

  const dialog = await openSend(page)
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await dialog.getByRole('button', { name: 'Sending…' }).waitFor()
  expect(await dialog.getByRole('button', { name: 'Sending…' }).isDisabled()).toBe(true)
  await page.keyboard.press('Escape')
  await poll(() => aborted).toBe(2)
})

test('the list is deleted only after a question, and with a filter only what it shows', async () => {
  const { page, deliver } = await open()
  await deliver({ Body: 'stays' })
  await deliver({ Body: 'goes' }, spoofed)
  await pollCount(page.locator('.row')).toBe(2)
  const ask = async () => {
    await page.getByText('Captures', { exact: true }).click()
    await page.getByRole('menuitem', { name: 'Clear the list…' }).click()
  }
  await ask()
  await page.getByRole('heading', { name: 'Delete all 2?' }).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await pollCount(page.locator('.row')).toBe(2)
  await page.getByRole('group', { name: 'Verdict' }).getByRole('button', { name: 'Refused' }).click()
  await ask()
  await page.getByText('The other 1 stay.').waitFor()
  await page.getByRole('button', { name: 'Delete 1' }).click()
  await page.getByText('1 deleted.').waitFor()
  await page.getByRole('button', { name: 'Show all' }).click()
  await page.locator('.row', { hasText: 'stays' }).waitFor()
  await pollCount(page.locator('.row')).toBe(1)
})

test('what is pasted, empty or wrong is imported, or the page says what to do', async () => {
  const { page, complaints } = await open()
  const paste = async (text: string) => {
    if (!(await page.getByRole('dialog').isVisible())) {
      await page.getByText('Captures', { exact: true }).click()
      await page.getByRole('menuitem', { name: 'Import requests…' }).click()
    }
    await page.getByLabel('Paste a request').fill(text)
    await page.getByRole('button', { name: 'Import', exact: true }).click()
  }
  await paste('[]')
  await page.getByRole('alert').getByText('It has no requests.').waitFor()
  await paste('what is this')
  await page.getByRole('alert').getByText(/./).waitFor()
  await paste("curl 'https://app.example.com/pasted' -H 'X-Twilio-Signature: abc' --data 'Body=hi'")
  await page.locator('.row', { hasText: '/pasted' }).waitFor()
  // Chromium logs each answer with a status of 400 or more.
  expect(complaints.splice(0).filter((one) => !one.includes('400'))).toEqual([])
})
