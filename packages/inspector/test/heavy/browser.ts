import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { requireProgram } from '../../../../tools/programs.mjs'
import { chromiumArgs } from '../../../../tools/services/chromium.mjs'
import { type DevOptions, type DevRun, startDev } from '../../src/index.ts'

/** The folder for screenshots, which people can look at. */
export const screenshots = fileURLToPath(
  new URL('../../../../node_modules/.cache/tollgate/screenshots/', import.meta.url),
)
mkdirSync(screenshots, { recursive: true })

export const authToken = 'a'.repeat(32)

/** How long a test waits for a condition, in milliseconds. Slow machines need most of it. */
export const patience = 30_000

/** @param args more arguments of Chromium */
export async function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: requireProgram('chromium'), args: [...chromiumArgs, ...args] })
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
  const run = await startDev({ listen: { port: 0 }, inspectorPort: 0, authToken, ...options })
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
