import { findProgram } from './find-program.mjs'
import { installPackage } from './install-package.mjs'

const programs = ['chromium', 'chromium-browser', 'google-chrome']

const howToGetChromium =
  'These tests need Chromium: put chromium on the PATH. Debian: apt-get install chromium. macOS: brew install chromium.'

/** Finds Chromium, or installs it with apt-get. Rejects if that is not possible. */
export async function findChromium() {
  const found = findProgram(programs) ?? ((await installPackage('chromium', programs)) && findProgram(programs))
  if (!found) throw new Error(howToGetChromium)
  return found
}

/** The arguments with which tests start it. */
export const chromiumArgs = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
