import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
const needed = 12 * 2 ** 30

/**
 * Lets slow tests keep their temporary files in memory, because they install and delete thousands of
 * files. TOLLGATE_DISK names the folder on the disk, for copies that are hard links to the repository.
 * It does nothing if the user has set TMPDIR, or if the folder has less than 12 GiB or runs no programs.
 */
export function setup() {
  if (process.env.TMPDIR !== undefined || !existsSync(memory) || freemem() < needed) return
  const { bavail, bsize } = statfsSync(memory)
  if (bavail * bsize < needed) return
  const folder = mkdtempSync(join(memory, 'tollgate-'))
  // As of /tmp, because some programs run as another user.
  chmodSync(folder, 0o1777)
  const program = join(folder, 'program')
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
  if (spawnSync(program).status === 0) Object.assign(process.env, { TOLLGATE_DISK: tmpdir(), TMPDIR: folder })
  return () => rmSync(folder, { recursive: true, force: true })
}
