import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second on every architecture. */
const tickMs = 10

/**
 * Reads the CPU time of a process and its children, user and system.
 * @param {number} pid
 * @returns {number} milliseconds
 */
export function readCpuTime(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The program's name, in parentheses, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const own = (Number(fields[11]) + Number(fields[12])) * tickMs
  return own + listChildren(pid).reduce((sum, child) => sum + readCpuTime(child), 0)
}

/** @param {number} pid @returns {number[]} */
function listChildren(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}
