import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Lets the programs that this one starts keep their temporary files in memory, and removes the files
 * when it ends. The tests install and delete thousands of files, and ext4 takes most of the time of
 * an installation to avoid inodes that were deleted a moment ago.
 *
 * TOLLGATE_DISK names the folder on the disk, for copies that are hard links to the repository.
 *
 * It does nothing if the user has set TMPDIR, or if the folder has less than 12 GiB of free memory or
 * runs no programs, as in a container.
 * @param {string} [memory] a folder in memory
 * @param {number} [needed] free bytes. Default: 12 GiB
 */
export function keepTemporaryFilesInMemory(memory = '/dev/shm', needed = 12 * 2 ** 30) {
  if (process.env.TMPDIR !== undefined || !existsSync(memory)) return
  const { bavail, bsize } = statfsSync(memory)
  if (bavail * bsize < needed || freemem() < needed) return
  const folder = mkdtempSync(join(memory, 'tollgate-'))
  // As of /tmp, because some programs run as another user.
  chmodSync(folder, 0o1777)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  if (runsPrograms(folder)) Object.assign(process.env, { TOLLGATE_DISK: tmpdir(), TMPDIR: folder })
}

/** @param {string} folder */
function runsPrograms(folder) {
  const program = join(folder, 'program')
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
  return spawnSync(program).status === 0
}
