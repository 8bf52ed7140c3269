import { findProgram } from './find-program.mjs'
import { installPackage } from './install-package.mjs'

const programs = ['chromium', 'chromium-browser', 'google-chrome']

const howToGetChromium =
  'These tests need Chromium: put chromium on the PATH. Debian: apt-get install chromium. macOS: brew install chromium.'

/** The path of Chromium; installed with apt-get where that is possible. Rejects with how to get it otherwise. */
export async function findChromium() {
  const found = findProgram(programs) ?? ((await installPackage('chromium', programs)) && findProgram(programs))
  if (!found) throw new Error(howToGetChromium)
  return found
}
