import { execFileSync } from 'node:child_process'

/** Megabytes of memory that a process holds. @param {number} pid */
export function measureMemory(pid) {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024
}
