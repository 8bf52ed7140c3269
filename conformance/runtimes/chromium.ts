import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type ChromiumOptions, makeChromiumOptions } from '../../tools/services/chromium.mjs'
import { serve } from '../frameworks/listen.ts'
import { bundleForPlatform } from './bundle.ts'
import { project } from './project.ts'
import type { ProgramReport, SuiteReports } from './run-reported.ts'

interface Browser {
  version(): string
  newPage(): Promise<{ goto(url: string): Promise<unknown>; evaluate(expression: string): Promise<unknown> }>
  close(): Promise<void>
}
interface Playwright {
  readonly chromium: { launch(options: ChromiumOptions): Promise<Browser> }
}

/**
 * Runs the portable suites in a page. It is on 127.0.0.1, because Web Crypto needs a secure
 * context.
 */
export async function runInChromium(): Promise<ProgramReport> {
  const { chromium }: Playwright = createRequire(join(project, 'package.json'))('playwright-core')
  const { file, provider } = await bundleForPlatform('browser', 'browser')
  const pages = await serve(
    createServer((req, res) => {
      const isScript = req.url === '/script.mjs'
      res.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
      res.end(isScript ? readFileSync(file) : '<!doctype html><script type="module" src="/script.mjs"></script>')
    }),
  )
  const browser = await chromium.launch(makeChromiumOptions())
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${pages.port}/`)
    const suites = (await page.evaluate('runPortable()')) as SuiteReports
    return { version: browser.version(), provider, suites }
  } finally {
    await browser.close()
    await pages.close()
  }
}
