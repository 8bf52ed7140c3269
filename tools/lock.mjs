import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

const folder = join(root, 'node_modules/.cache/tollgate/locks')

/**
 * Waits until no other process holds the lock, and takes it. Tests that run at the same time may
 * want the same build or installation. A lock whose process has ended counts for nothing.
 * @param {string} name
 * @returns {() => void} gives the lock back
 */
export function takeLock(name) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  const pause = new Int32Array(new SharedArrayBuffer(4))
  while (!createLock(file)) Atomics.wait(pause, 0, 0, 100)
  return () => rmSync(file, { force: true })
}

/** @param {string} file */
function createLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (hasEnded(file)) rmSync(file, { force: true })
    return false
  }
}

/** @param {string} file with the id of a process */
function hasEnded(file) {
  try {
    return !process.kill(Number(readFileSync(file, 'utf8')), 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}
