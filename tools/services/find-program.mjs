import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * The path of the first of these programs that can be run.
 * @param {readonly string[]} names
 */
export function findProgram(names) {
  // Debian keeps servers in sbin, which is on root's PATH only.
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
