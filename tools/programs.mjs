import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The names of a program where they differ from its Debian package. The first that is found is used. */
const names = {
  'apache2-bin': ['apache2'],
  // The shell has no window, so it needs a third less CPU time than the browsers after it.
  'chromium-headless-shell': ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'],
  'redis-server': ['redis-server', 'valkey-server'],
}

/**
 * Finds a program that a test needs. It installs nothing.
 * @param {string} debianPackage
 * @returns {string} its path
 * @throws {Error} if the program is missing
 */
export function requireProgram(debianPackage) {
  const wanted = names[/** @type {keyof typeof names} */ (debianPackage)] ?? [debianPackage]
  // Debian keeps servers in sbin, which is only on root's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin']
  const path = wanted.flatMap((name) => folders.map((folder) => join(folder, name))).find(canRun)
  if (path === undefined)
    throw new Error(`This needs ${wanted.join(' or ')}. On Debian: apt-get install ${debianPackage}`)
  return path
}

/** @param {string} path */
function canRun(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
