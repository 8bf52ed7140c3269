import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../run.mjs'

export const origin = { repository: 'https://github.com/example/tollgate', homepage: 'https://tollgate.example' }

/** Copies what a clone would have, as it is in the working tree, and commits it there. */
export function makeScratchRepository(target: string): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  for (const file of String(listed).split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    cpSync(join(root, file), join(target, file))
  }
  runGit(target, 'init', '--quiet', '--initial-branch', 'main')
  commitAll(target)
}

export function commitAll(repository: string): void {
  runGit(repository, 'add', '--all')
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false']
  runGit(repository, ...author, 'commit', '--quiet', '--no-verify', '--message', 'test')
}

export function runGit(repository: string, ...args: string[]): void {
  execFileSync('git', args, { cwd: repository, stdio: 'pipe' })
}

export function writeOrigin(repository: string, value: object): void {
  writeFileSync(join(repository, 'release.json'), JSON.stringify(value))
}
