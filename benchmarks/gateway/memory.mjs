import { execFileSync } from 'node:child_process'

/**
 * Returns the memory of a process in megabytes.
 * @param {number} pid
 */
export function measureMemory(pid) {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024
}
