import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Finds the first of these programs that can be run, and returns its path.
 * @param {readonly string[]} names
 */
export function findProgram(names) {
  // Debian keeps servers in sbin, which is only on root's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin']
  for (const name of names)
    for (const folder of folders) {
      const path = join(folder, name)
      if (canRun(path)) return path
    }
  return undefined
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
