import { fileURLToPath } from 'node:url'
import { requireProgram } from '../programs.mjs'

/** @typedef {ReturnType<typeof makeChromiumOptions>} ChromiumOptions */

/**
 * Returns the options with which Playwright starts Chromium.
 * @param {readonly string[]} [args] more arguments of Chromium
 */
export function makeChromiumOptions(args = []) {
  return {
    executablePath: fileURLToPath(new URL('chromium.sh', import.meta.url)),
    env: { ...process.env, CHROMIUM: requireProgram('chromium-headless-shell') },
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      ...args,
    ],
  }
}
