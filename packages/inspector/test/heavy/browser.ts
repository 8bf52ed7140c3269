import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { makeChromiumOptions } from '../../../../tools/services/chromium.mjs'
import { type DevOptions, type DevRun, startDev } from '../../src/index.ts'

/** The folder for screenshots: of each state that fails, and of all states in `node tools/pictures.mjs`. */
const screenshots = fileURLToPath(new URL('../../../../node_modules/.cache/tollgate/screenshots/', import.meta.url))
mkdirSync(screenshots, { recursive: true })
const takesAll = process.env.TOLLGATE_PICTURES !== undefined
/** The pictures that the documentation shows. */
const pictures = fileURLToPath(new URL('../../../../docs/pictures/', import.meta.url))

export const authToken = 'a'.repeat(32)

/** How long a test waits for a condition, in milliseconds. Slow machines need most of it. */
export const patience = 60_000

/** @param args more arguments of Chromium */
export async function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch(makeChromiumOptions(args))
}

/** Starts one browser for the tests of a file. Returns a function that opens the page in it. */
export function useBrowser() {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())
  return async (context?: BrowserContextOptions, options?: DevOptions): Promise<Visit> => {
    const opened = await visit(browser, context, options)
    onTestFinished(async () => {
      await opened.close()
      // Holds for every test.
      expect(opened.complaints).toEqual([])
      const { host } = new URL(opened.run.inspectorUrl)
      expect(opened.requested.filter((url) => new URL(url).host !== host)).toEqual([])
    })
    return opened
  }
}

/** Waits until a value of the page is right. The page changes some time after each action. */
export const poll = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: patience })
export const pollText = (locator: Locator) => poll(() => locator.innerText())
export const pollCount = (locator: Locator) => poll(() => locator.count())

/** A change for `deliver`: an attacker has another token. */
export const spoofed = { token: 'f'.repeat(32) }

export async function openSend(page: Page): Promise<Locator> {
  await page.locator('.top').getByRole('button', { name: 'Send a test webhook' }).click()
  const dialog = page.getByRole('dialog')
  // The page asks the server for the kinds, which can answer after the dialog opens.
  await dialog.locator('option').nth(30).waitFor({ state: 'attached' })
  return dialog
}

interface Changed {
  readonly token?: string
  /** The path below the gateway. Default `/sms`. */
  readonly path?: string
  /** The URL that is signed. Default: the public URL with the path. */
  readonly signedUrl?: string
}

interface Visit {
  readonly run: DevRun
  readonly page: Page
  /** Every address that the page requested. */
  readonly requested: string[]
  /** Errors and warnings of the browser, such as a script that failed or a policy violation. */
  readonly complaints: string[]
  /** Sends a message as Twilio would, or with another token as an attacker would. */
  deliver(overrides?: Record<string, string>, changed?: Changed): Promise<number>
  close(): Promise<void>
}

/** Starts a gateway and opens the inspector's page in a browser. */
export async function visit(
  browser: Browser,
  context: BrowserContextOptions = {},
  options: DevOptions = {},
): Promise<Visit> {
  const run = await startDev({ listen: { port: 0 }, inspectorPort: 0, authToken, keepRefused: false, ...options })
  const opened = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...context })
  opened.setDefaultTimeout(patience)
  const page = await opened.newPage()
  const requested: string[] = []
  const complaints: string[] = []
  opened.on('request', (request) => requested.push(request.url()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  await page.goto(run.inspectorUrl)
  // The list and the facts about the run load in parallel. Narrow pages hide the facts.
  await page.getByText('Live', { exact: true }).waitFor()
  await page.locator('.route').waitFor({ state: 'attached' })
  const base = typeof run.publicUrl === 'string' ? run.publicUrl : (run.publicUrl[0] ?? '')
  return {
    run,
    page,
    requested,
    complaints,
    async deliver(overrides = {}, { token = authToken, path = '/sms', signedUrl = base + path } = {}) {
      const sample = sampleWebhook('message.inbound', overrides)
      const { headers, body } = signRequest({ url: signedUrl, ...sample, authToken: token })
      const response = await fetch(run.gatewayUrl + path, { method: 'POST', headers, body: body ?? '' })
      await response.text()
      return response.status
    },
    async close() {
      await opened.close()
      await run.close()
    },
  }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** Lists the visible targets that a finger cannot hit. A checkbox is hit through its label. */
const smallTargets = `[...document.querySelectorAll(
    'button, a[href], select, textarea, summary, input:not([type="checkbox"], .sr), label.check')]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 120)])
  .filter(([box]) => box.width < 44 || box.height < 44)
  .map(([{ width, height }, html]) => width + ' x ' + height + ': ' + html)`

/** Lists the buttons whose words are cut off. */
const cutButtons = `[...document.querySelectorAll('button, summary')]
  .filter((one) => one.checkVisibility() && !one.matches('.row') && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 120))`

/** Lists the rows of a narrow list in which a number or the result is cut off, or sticks out. */
const cutRows = `[...document.querySelectorAll('.row')]
  .filter((row) => row.checkVisibility())
  .flatMap((row) => [...row.querySelectorAll('.who, .verdict')].filter(
    (one) => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > row.getBoundingClientRect().right))
  .map((one) => one.innerText)`

interface Look {
  readonly width: number
  readonly colorScheme: 'light' | 'dark'
}

/** Reads the visible text of the page, without what differs in each run. */
async function readStableText(page: Page): Promise<string> {
  // What assistive programs were told last is not in the picture, and may be of an earlier state.
  const text = await page.evaluate<string>(`(() => {
    const told = document.querySelector('[aria-label=Refusals]')
    told.hidden = true
    const text = document.body.innerText
    told.hidden = false
    return text
  })()`)
  return text
    .replace(/\d\d:\d\d:\d\d/g, 'TIME')
    .replace(/[\d.]+ ms/g, 'DURATION')
    .replace(/(127\.0\.0\.1:)\d+/g, '$1PORT')
    .replace(/\s*\n\s*/g, '\n')
}

/**
 * Checks that a state fits, for fingers and for assistive programs, and takes a picture if it does
 * not. If the documentation shows a picture of it, it must have the same text (node tools/pictures.mjs).
 */
export async function checkLook(page: Page, name: string, look: Look): Promise<void> {
  await page.evaluate('document.fonts.ready')
  const file = `${name}-${look.width}-${look.colorScheme}`
  const takePicture = () => page.screenshot({ path: join(screenshots, `${file}.png`) })
  if (takesAll) await takePicture()
  try {
    await examine(page, name, file, look.width)
  } catch (error) {
    await takePicture()
    throw error
  }
}

async function examine(page: Page, name: string, file: string, width: number): Promise<void> {
  if (existsSync(join(pictures, `${file}.png`)))
    await expect(await readStableText(page)).toMatchFileSnapshot(join(pictures, `${file}.txt`))
  expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(width)
  if (width < 560) {
    expect(await page.evaluate(smallTargets), name).toEqual([])
    expect(await page.evaluate(cutRows), name).toEqual([])
  }
  expect(await page.evaluate(cutButtons), name).toEqual([])
  // It stays until the page loads another document.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe)
  // With forced colours the browser chooses them, and axe reads those of the page. Only violations
  // are read, so axe need not describe every element that passes.
  const found = await page.evaluate<Violation[]>(`axe
    .run({
      rules: { 'color-contrast': { enabled: !matchMedia('(forced-colors: active)').matches } },
      resultTypes: ['violations'],
    })
    .then((result) => result.violations)`)
  expect(
    found.map(({ id, nodes }) => [id, nodes[0]?.html, nodes[0]?.failureSummary]),
    name,
  ).toEqual([])
}
