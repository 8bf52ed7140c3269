import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { requireProgram } from '../programs.mjs'
import { root } from '../run.mjs'

/** The folder for clones with `copyModules`: on a disk, as the repository (tools/memory-folder.mjs). */
export const cloneFolder = process.env.TOLLGATE_DISK ?? tmpdir()

export const origin = { repository: 'https://github.com/example/tollgate', homepage: 'https://tollgate.example' }

/** Copies what a clone would have, as it is in the working tree, and commits it there. */
export function makeScratchRepository(target: string): void {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync(requireProgram('git'), list, { cwd: root, encoding: 'utf8' }).split('\0')
  for (const file of files.filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    cpSync(join(root, file), join(target, file))
  }
  runGit(target, 'init', '--quiet', '--initial-branch', 'main')
  commitAll(target)
}

/**
 * Copies the installed packages. Their links to the workspace are relative, so they stay inside the
 * clone.
 */
export function copyModules(clone: string): void {
  const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name))
  for (const folder of ['', ...packages].map((name) => join(name, 'node_modules')))
    if (existsSync(join(root, folder))) copyLinked(join(root, folder), join(clone, folder))
}

/** Makes hard links, because the copy is large. */
function copyLinked(from: string, to: string): void {
  const { status } = spawnSync('cp', ['-al', from, to], { stdio: 'ignore' })
  if (status === 0) return
  rmSync(to, { recursive: true, force: true })
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
}

export function commitAll(repository: string): void {
  runGit(repository, 'add', '--all')
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false']
  runGit(repository, ...author, 'commit', '--quiet', '--no-verify', '--message', 'test')
}

export function runGit(repository: string, ...args: string[]): void {
  execFileSync(requireProgram('git'), args, { cwd: repository, stdio: 'pipe' })
}

export function writeOrigin(repository: string, value: object): void {
  writeFileSync(join(repository, 'release.json'), JSON.stringify(value))
}
