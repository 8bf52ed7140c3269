// Heavy: it starts Chromium.
import { expect, test, vi } from 'vitest'
import { serve } from '../kit.ts'
import { checkLook, patience, poll, pollCount, pollText, useBrowser } from './browser.ts'

vi.setConfig({ testTimeout: 6 * patience })

const open = useBrowser()

const documents: Readonly<Record<string, string>> = {
  '/voice':
    '<Gather action="/menu" numDigits="2"><Say>Welcome. Press 1 for sales, or 12 for our Hebrew line.</Say></Gather>',
  '/menu': `<Say>שלום &lt;img src=x onerror=alert(1)&gt; left \u202e right</Say>
    <Gather input="speech" action="/speech"><Say>How many people?</Say></Gather>`,
  '/speech': '<Say>Thank you.</Say><Dial action="/dialed">+15551230002</Dial>',
  '/dialed': '<say>Wrong</say><Gather action="/voice"><Say>All lines are busy.</Say></Gather>',
}

const startIvr = () =>
  serve((req, res) => {
    req.resume()
    const document = documents[req.url ?? '']
    res.writeHead(document === undefined ? 404 : 200, { 'content-type': 'text/xml; charset=utf-8' })
    res.end(`<Response>${document ?? ''}</Response>`)
  })

test.each([
  { width: 1366, height: 768, colorScheme: 'light' },
  { width: 1366, height: 768, colorScheme: 'dark' },
  { width: 390, height: 844, colorScheme: 'light' },
  { width: 320, height: 640, colorScheme: 'dark' },
] as const)('a call: keys, speech, a busy number, $width pixels wide, $colorScheme', async (look) => {
  const { width, height, colorScheme } = look
  const context = { viewport: { width, height }, colorScheme, hasTouch: width < 560 }
  const publicUrl = 'https://api.example.com'
  const { page } = await open(context, { publicUrl, upstream: await startIvr() })
  await page.locator('.top').getByRole('button', { name: 'Send a test webhook' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Place a call' }).click()
  await dialog.getByLabel('Path of the webhook').waitFor()
  await checkLook(page, 'call-form', look)
  await dialog.getByRole('button', { name: 'Call', exact: true }).click()
  const heard = dialog.getByRole('log')
  await pollText(heard).toContain('Press 1 for sales')
  // The keyboard works at once, and keys that follow one another go together.
  const two = dialog.getByRole('button', { name: '2', exact: true })
  await two.click({ trial: true })
  await page.keyboard.type('1')
  // On a busy machine, a click waits for frames, and the first key would go alone.
  await two.dispatchEvent('click')
  await pollText(heard).toContain('You pressed 12')
  await pollText(heard).toContain('How many people?')
  // Text of the application is only text.
  await pollText(heard).toContain('<img src=x onerror=alert(1)> left U+202E right')
  expect(await heard.locator('img').count()).toBe(0)
  await dialog.getByLabel('Say', { exact: true }).fill('two people')
  await page.keyboard.press('Enter')
  await pollText(heard).toContain('You said: two people')
  await pollText(heard).toContain('Thank you.')
  await dialog.getByText('The call waits for you.').waitFor()
  await dialog.getByRole('button', { name: 'Busy' }).click()
  await pollText(heard).toContain('The number that rings is busy')
  await pollText(heard).toContain('All lines are busy.')
  await pollText(heard).toContain('Twilio would report the warning 12200')
  await pollCount(dialog.getByRole('region', { name: 'Requests' }).getByRole('listitem')).toBe(4)
  await checkLook(page, 'call-running', look)
  await dialog.getByRole('listitem').last().scrollIntoViewIfNeeded()
  await checkLook(page, 'call-requests', look)

  // A request leads to its capture, and the call goes on.
  await dialog.getByRole('button', { name: 'POST https://api.example.com/menu' }).click()
  await pollText(page.locator('.detail-head')).toContain('/menu')
  await pollText(page.locator('.detail-pane')).toContain('12')
  await checkLook(page, 'call-behind', look)
  await page.getByRole('button', { name: 'Return to the call' }).click()
  await dialog.getByRole('button', { name: 'Hang up' }).click()
  await dialog.getByText('The call is over.').waitFor()
  await pollCount(dialog.getByRole('button', { name: 'Hang up' })).toBe(0)
  await checkLook(page, 'call-over', look)
  // There is nothing left to cancel.
  expect(await dialog.locator('.buttons button').allInnerTexts()).toEqual(['Close', 'Call again'])
  await dialog.getByRole('button', { name: 'Call again' }).click()
  await dialog.getByLabel('Path of the webhook').waitFor()
})

test('a call that cannot begin, an application that fails, and a page that is left', async () => {
  const { page, run } = await open({}, { publicUrl: 'https://api.example.com', upstream: await startIvr() })
  await page.locator('.top').getByRole('button', { name: 'Send a test webhook' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Place a call' }).click()
  await dialog.getByLabel('Path of the webhook').fill('/missing')
  await dialog.getByRole('button', { name: 'Call', exact: true }).click()
  await dialog.getByText('The call is over.').waitFor()
  await pollText(dialog.getByRole('log')).toContain('Twilio would report 11200: the status is 404')
  await dialog.getByRole('button', { name: 'Call again' }).click()
  await dialog.getByLabel('Path of the webhook').fill('/voice')
  const started = page.waitForResponse((response) => response.url().endsWith('/api/calls'))
  await dialog.getByRole('button', { name: 'Call', exact: true }).click()
  const { id } = await (await started).json()
  await dialog.getByText('The call waits for you.').waitFor()
  await page.reload()
  // The page hung up. Without it, the inspector would wait until no page is open.
  const { origin } = new URL(run.inspectorUrl)
  const read = async () => (await page.request.get(`${origin}/api/calls/${id}`)).json()
  await poll(async () => (await read()).state).toBe('over')
  expect((await read()).lines).toContainEqual({ type: 'caller', text: 'You hung up' })
})
